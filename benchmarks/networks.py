"""The networks of the five training steps, written once for either engine.

Each function takes the engine's module as ``torch`` and returns a network.  They are not minigrad's
own models: these are the networks of documents that students were given, layer by layer, so that
their printed shapes and parameter counts hold the code to the letter.
"""

from __future__ import annotations

from typing import Any

__all__ = ["NETWORKS", "autoencoder", "cnn", "colour_unet", "discriminator", "generator", "upunet"]

SLOPE = 0.2  # of every LeakyReLU


def colour_unet(torch: Any, width: int = 32, colours: int = 24) -> Any:
    """A small U-Net that gives each pixel of a gray 32 x 32 picture one of 24 colours.

    Three halvings, three doublings, and skips by concatenation: the first layer to the last
    doubling, the second to the one before, and the picture itself to the classifier.
    """
    nn = torch.nn

    def down(C: int, O: int) -> Any:
        conv = nn.Conv2d(C, O, 3, stride=2, padding=1)
        return nn.Sequential(conv, nn.BatchNorm2d(O), nn.ReLU())

    def up(C: int, O: int) -> Any:
        conv = nn.ConvTranspose2d(C, O, 3, stride=2, padding=1, output_padding=1)
        return nn.Sequential(conv, nn.BatchNorm2d(O), nn.ReLU())

    class ColourUNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down1, self.down2 = down(1, width), down(width, 2 * width)
            self.down3 = down(2 * width, 4 * width)
            self.up1, self.up2 = up(4 * width, 2 * width), up(4 * width, width)
            self.up3 = up(2 * width, width)
            self.classify = nn.Conv2d(width + 1, colours, 1)

        def forward(self, x: Any) -> Any:  # (N, 1, 32, 32) -> (N, colours, 32, 32)
            half = self.down1(x)
            quarter = self.down2(half)
            y = self.up1(self.down3(quarter))
            y = self.up2(torch.cat([y, quarter], 1))
            y = self.up3(torch.cat([y, half], 1))
            return self.classify(torch.cat([y, x], 1))

    return ColourUNet()


def autoencoder(torch: Any) -> Any:
    """Convolutional autoencoder with skips: gray picture in, two colour channels out.

    Every convolution is 3 x 3 and followed by ReLU, the last one too; dropout follows each
    concatenation but the last.
    """
    nn, relu = torch.nn, torch.relu

    def up(C: int, O: int, stride: int = 2) -> Any:
        return nn.ConvTranspose2d(
            C, O, 3, stride=stride, padding=1, output_padding=1 if stride == 2 else 0
        )

    class Autoencoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 64, 3, padding=1)
            self.conv2 = nn.Conv2d(64, 64, 3, stride=2, padding=1)
            self.conv3 = nn.Conv2d(64, 128, 3, stride=2, padding=1)
            self.conv4 = nn.Conv2d(128, 256, 3, stride=2, padding=1)
            self.up5, self.up7, self.up9 = up(256, 128), up(256, 64), up(128, 128)
            self.up11 = up(192, 15, stride=1)
            self.conv12 = nn.Conv2d(16, 2, 3, padding=1)
            self.dropout = nn.Dropout(0.2)

        def forward(self, x: Any) -> Any:  # (N, 1, H, W) -> (N, 2, H, W), H and W multiples of 8
            x1 = relu(self.conv1(x))
            x2 = relu(self.conv2(x1))
            x3 = relu(self.conv3(x2))
            y = relu(self.up5(relu(self.conv4(x3))))
            y = relu(self.up7(self.dropout(torch.cat([y, x3], 1))))
            y = relu(self.up9(self.dropout(torch.cat([y, x2], 1))))
            y = relu(self.up11(self.dropout(torch.cat([y, x1], 1))))
            return relu(self.conv12(torch.cat([y, x], 1)))

    return Autoencoder()


def upunet(torch: Any, width: int = 32) -> Any:
    """U-Net of seven halvings and seven times up-sampling + convolution, one channel in and out.

    The document names the levels and no widths: here they are 1, 2, 4, 8, 8, 8, 8 times ``width``,
    and every convolution is 3 x 3.
    """
    nn = torch.nn
    widths = [width * k for k in (1, 2, 4, 8, 8, 8, 8)]

    def down(C: int, O: int) -> Any:
        conv = nn.Conv2d(C, O, 3, stride=2, padding=1, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(O), nn.LeakyReLU(SLOPE))

    def up(C: int, O: int) -> Any:
        conv = nn.Conv2d(C, O, 3, padding=1, bias=False)
        return nn.Sequential(nn.Upsample(scale_factor=2), conv, nn.BatchNorm2d(O), nn.ReLU())

    class UpUNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down = nn.ModuleList(map(down, [1, *widths], widths))
            across = widths[-2::-1]  # channels handed across, from the deepest
            inputs = [widths[-1], *(2 * channels for channels in across[:-1])]
            self.up = nn.ModuleList(map(up, inputs, across))
            self.last = nn.Sequential(
                nn.Upsample(scale_factor=2), nn.Conv2d(2 * width, 1, 3, padding=1)
            )

        def forward(self, x: Any) -> Any:  # (N, 1, H, W) -> the same, H and W multiples of 128
            handed = []
            for down in self.down:
                x = down(x)
                handed.append(x)
            for up, skip in zip(self.up, handed[-2::-1], strict=True):
                x = torch.cat([up(x), skip], 1)
            return self.last(x)

    return UpUNet()


def cnn(torch: Any, side: int = 256) -> Any:
    """Four convolutions with pooling, then two dense layers that hold 99 % of the parameters."""
    nn = torch.nn
    layers: list[Any] = []
    for C, O in [(3, 64), (64, 128), (128, 256), (256, 512)]:
        layers += [nn.Conv2d(C, O, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    flat = 512 * (side // 16) ** 2
    dense = [nn.Flatten(), nn.Linear(flat, 512), nn.ReLU(), nn.Linear(512, 3 * side * side)]
    return nn.Sequential(*layers, *dense, nn.Unflatten(1, (3, side, side)))


def generator(torch: Any) -> Any:
    """Generator of a pix2pix GAN: lightness in, two colour channels out, 4 x 4 kernels, stride 2.

    Dropout stands in the first three blocks on the way down and in the first three on the way up.
    """
    nn = torch.nn
    widths = [64, 128, 256, 512, 512, 512, 512, 512]

    def block(conv: Any, O: int, norm: bool, dropout: bool) -> Any:
        layers = [conv, *[nn.BatchNorm2d(O)] * norm, *[nn.Dropout(0.5)] * dropout]
        return nn.Sequential(*layers, nn.LeakyReLU(SLOPE))

    def down(k: int) -> Any:
        C, O = [1, *widths][k], widths[k]
        conv = nn.Conv2d(C, O, 4, stride=2, padding=1, bias=False)
        return block(conv, O, norm=k > 0, dropout=k < 3)

    def up(k: int) -> Any:
        C, O = widths[-1 - k] * (2 if k else 1), widths[-2 - k]
        conv = nn.ConvTranspose2d(C, O, 4, stride=2, padding=1, bias=False)
        return block(conv, O, norm=True, dropout=k < 3)

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down = nn.ModuleList(map(down, range(8)))
            self.up = nn.ModuleList(map(up, range(7)))
            self.last = nn.Sequential(
                nn.ConvTranspose2d(2 * widths[0], 2, 4, stride=2, padding=1), nn.Tanh()
            )

        def forward(self, x: Any) -> Any:  # (N, 1, H, W) -> (N, 2, H, W), multiples of 256
            handed = []
            for down in self.down:
                x = down(x)
                handed.append(x)
            for up, skip in zip(self.up, handed[-2::-1], strict=True):
                x = torch.cat([up(x), skip], 1)
            return self.last(x)

    return Generator()


def discriminator(torch: Any) -> Any:
    """Discriminator of the same GAN: lightness and colours in, a score for each 70 x 70 patch."""
    nn = torch.nn

    def conv(C: int, O: int, stride: int, padding: int) -> Any:
        return nn.Conv2d(C, O, 4, stride=stride, padding=padding, bias=False)

    return nn.Sequential(
        *(conv(3, 64, 2, 1), nn.LeakyReLU(SLOPE)),
        *(conv(64, 128, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(SLOPE)),
        *(conv(128, 256, 2, 1), nn.BatchNorm2d(256), nn.LeakyReLU(SLOPE)),
        *(nn.ZeroPad2d(1), conv(256, 512, 1, 0), nn.BatchNorm2d(512), nn.LeakyReLU(SLOPE)),
        *(nn.ZeroPad2d(1), nn.Conv2d(512, 1, 4)),
    )


NETWORKS = {
    "colour_unet": colour_unet,
    "autoencoder": autoencoder,
    "upunet": upunet,
    "cnn": cnn,
    "generator": generator,
    "discriminator": discriminator,
}
