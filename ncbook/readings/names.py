"""How readers call what the code has short names for: networks, data sets, losses. Arms are named by their result."""

NETWORKS = {
    "mlp": "multilayer perceptron",
    "mlp_no_bn": "perceptron without batch norm",
    "convnet": "convolutional network",
    "resnet18": "ResNet-18",
    "resnet34": "ResNet-34",
    "resnet50": "ResNet-50",
    "vgg11_bn": "VGG-11",
    "vgg13_bn": "VGG-13",
    "vgg16_bn": "VGG-16",
    "densenet121": "DenseNet-121",
}
LOSSES = {
    "ce": "cross-entropy",
    "smoothed": "label smoothing",
    "focal": "focal",
    "mse": "squared error",
    "mse_rescaled": "squared error, rescaled",
}
