// The function `product` of live_engine.js in WebAssembly: the same sums in the same order, two at a time.
// tools/build_wasm.py makes live_product.wasm of it.

#include <wasm_simd128.h>

/*
 * out [m, n] = left [m, k] right [k, n] in float64, with m and n multiples of 4. Steps are in numbers, from row to row
 * and from column to column; `panel` is room for 4 k numbers. Sixteen sums run at once and stay in registers.
 */
__attribute__((export_name("product"))) void product(
    double *out, int m, int n, int k, const double *left, int left_row, int left_column, const double *right,
    int right_row, int right_column, double *panel)
{
    for (int j = 0; j < n; j += 4) {
        for (int l = 0; l < k; l += 1) {  // four columns of the right matrix, side by side
            const double *from = right + l * right_row + j * right_column;
            for (int c = 0; c < 4; c += 1) panel[4 * l + c] = from[c * right_column];
        }
        for (int i = 0; i < m; i += 4) {
            v128_t sums[4][2];
            for (int r = 0; r < 4; r += 1) sums[r][0] = sums[r][1] = wasm_f64x2_splat(0);
            const double *at = left + i * left_row;
            for (int l = 0; l < k; l += 1, at += left_column) {
                v128_t first = wasm_v128_load(panel + 4 * l), second = wasm_v128_load(panel + 4 * l + 2);
                for (int r = 0; r < 4; r += 1) {
                    v128_t x = wasm_v128_load64_splat(at + r * left_row);
                    sums[r][0] = wasm_f64x2_add(sums[r][0], wasm_f64x2_mul(x, first));
                    sums[r][1] = wasm_f64x2_add(sums[r][1], wasm_f64x2_mul(x, second));
                }
            }
            for (int r = 0; r < 4; r += 1) {
                wasm_v128_store(out + (i + r) * n + j, sums[r][0]);
                wasm_v128_store(out + (i + r) * n + j + 2, sums[r][1]);
            }
        }
    }
}
