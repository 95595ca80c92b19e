"""What training is measured against: loops and networks as one would first write them."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as MapDataset

from ncbook._torchvision import torchvision


class Images(MapDataset):
    """Byte images [N, H, W] that are turned into tensors one at a time, as torchvision's data sets do."""

    def __init__(self, images: Tensor, labels: Tensor, mean: float, scale: float) -> None:
        from PIL import Image

        transforms = torchvision("transforms")
        self.images, self.labels, self.open = images.numpy(), labels.tolist(), Image.fromarray
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((mean,), (scale,))])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.open(self.images[index])), self.labels[index]


def train(model: nn.Module, images: Images, batch_size: int, epochs: int) -> None:
    """SGD over a DataLoader that shuffles and transforms in this process."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    loader = DataLoader(images, batch_size, shuffle=True, drop_last=True)
    model.train()
    for _ in range(epochs):
        for inputs, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()


class Transformer(nn.Module):
    """The one-layer transformer of Nanda et al. (2023) over all three positions of [a, b, =]."""

    def __init__(self, p: int, dim: int = 128, heads: int = 4, width: int = 512) -> None:
        super().__init__()
        self.p, self.heads = p, heads
        self.embed, self.positions = nn.Embedding(p + 1, dim), nn.Parameter(torch.randn(3, dim) / dim**0.5)
        self.queries, self.keys, self.values, self.output = (nn.Linear(dim, dim, bias=False) for _ in range(4))
        self.feed = nn.Sequential(nn.Linear(dim, width), nn.ReLU(), nn.Linear(width, dim))
        self.unembed = nn.Linear(dim, p, bias=False)

    def forward(self, pairs: Tensor) -> Tensor:
        tokens = torch.cat([pairs, torch.full_like(pairs[:, :1], self.p)], dim=1)  # [N, 3]
        states = self.embed(tokens) + self.positions
        queries, keys, values = (
            layer(states).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for layer in (self.queries, self.keys, self.values)
        )  # [N, heads, 3, d / heads]
        scores = queries @ keys.transpose(2, 3) / queries.shape[3] ** 0.5
        hidden = torch.ones(3, 3, dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(hidden, -torch.inf).softmax(3) @ values
        states = states + self.output(mixed.transpose(1, 2).flatten(2))
        return self.unembed(states + self.feed(states))[:, -1]
