"""What seed 004 compared in section 6.5, measured: three trainings, a table, a sheet of pictures.

One idea beyond train_unet.py: an experiment. A U-Net is trained from the same weights on few crops
for long, and one thing is changed at a time.

    early stopping   or the weights of the last epoch, which know the training crops by heart
    noise            uniform noise on the lightness and mirrored crops (section 6.2.3), or none
    RGB              R, G and B as the target in place of a and b

    python examples/comparisons.py                       minutes, on scikit-image's photographs
    python examples/comparisons.py --quick               seconds: shows how it goes, proves nothing
    python examples/comparisons.py --data landscapes:40  drawn pictures, or a folder

The seed splits its pictures 70 to 30, and so does this: what is held out are pictures of other
things. Its generator is a GAN's; this one is trained towards the colours alone, in minutes.

With the defaults, ab errors [Lab units] on training crops and on held-out ones came out as 10 and
19 with early stopping in epoch 19, as 6 and 23 at the end, which is overfitting, and as 8 and 19 at
the end with noise, which keeps it away; RGB reached 15 and 20, gray has 21 and 25.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich import box
from rich.console import Console
from rich.table import Table

from minigrad import manual_seed, metrics
from minigrad.data import DATA_HELP, open_data, split_colorization
from minigrad.models import build_model
from minigrad.train import Colorizer, EarlyStopping, ProgressLine, network_options, run_options
from minigrad.train.building import make_loader, make_trainer
from minigrad.train.colorize import join
from minigrad.train.command import guarded
from minigrad.train.config import options_of
from minigrad.train.networks import network_arguments
from minigrad.train.pictures import mean_colour
from minigrad.train.samples import choose_crops
from minigrad.train.targets import make_target
from minigrad.train.validation import Validation

MEASURED = ("psnr", "ab_error", "ab_auc", "colourfulness_ratio")
SETTINGS = {"optimizer": "adam", "lr": 0.001, "schedule": "constant", "loss": "mse"}


@dataclass
class Method:
    """One way to colour: its metrics on both sides of the split, and the crops to be shown."""

    name: str
    epoch: int = 0
    train: dict = field(default_factory=dict)
    held_out: dict = field(default_factory=dict)
    shown: list = field(default_factory=list)


class WouldStop(EarlyStopping):
    """Early stopping that notes when it would have stopped, and lets the run go on."""

    stopped_at = 0

    def on_epoch_end(self, trainer):
        """Watch until the patience is over."""
        if not self.stopped_at:
            patience, self.patience = self.patience, None
            super().on_epoch_end(trainer)
            self.patience = patience
            self.stopped_at = trainer.epoch if self.waited >= patience else 0


class Comparison:
    """The pictures, and every method that was tried on them."""

    def __init__(self, options, console):
        self.options, self.console = options, console
        pictures, notes = open_data(options.data, side=options.side)
        common = {
            "size": options.size,
            "held_out_pictures": 0.3,
            "held_out_crops": 0.0,
            "max_per_picture": options.crops,
            "jitter": 0,
            "seed": options.seed,
        }
        self.plain = split_colorization(pictures, flip=0.0, **common)
        self.noisy = split_colorization(pictures, flip=0.5, noise=options.noise, **common)
        self.sides = {"train": self.plain.train, "held_out": self.plain.held_out_pictures}
        self.shown = {
            "train": choose_crops(self.plain.train, 2),
            "held_out": choose_crops(self.plain.held_out_pictures, 4),
        }
        self.methods, self.story = [], []
        counts = (
            f"{len(self.plain.train)} training crops, {len(self.plain.held_out_pictures)} held out"
        )
        self.say("\n".join([*notes, counts]))

    def say(self, text):
        """Print text as it stands."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def add(self, name, colours, epoch=0):
        """Measure a method: `colours` maps lightness (N, 1, S, S) to ab (N, 2, S, S)."""
        method = Method(name, epoch)
        for side, crops in self.sides.items():
            rows = [metrics.measure(*pair) for pair in coloured(crops, colours)]
            means = {key: float(np.nanmean([row[key] for row in rows])) for key in MEASURED}
            setattr(method, side, means)
            method.shown += [guess for _, guess in coloured(self.shown[side], colours)]
        self.methods.append(method)

    def train(self, name, split, target_name):
        """Train a network to the end, and measure it there and where it would have stopped."""
        options, console = self.options, self.console
        console.print(f"\n{name}", style="bold")
        wanted = {"target": target_name, "epochs": options.epochs, "seed": options.seed, **SETTINGS}
        run = options_of(run_options("unet"), wanted)
        form = asdict(options_of(network_options("unet"), {"width": options.width}))
        manual_seed(options.seed)
        target = make_target(run, pixels=lambda: None)
        model = build_model("unet", network_arguments("unet", form, run, target))
        colorizer = Colorizer(model, target=target)
        watch = WouldStop("val_loss", options.patience, restore_best=False)
        line = ProgressLine(options.epochs, console, ("val_loss", "val_psnr"))
        validate = Validation(split.held_out_pictures, colorizer)
        loader = make_loader(split.train, run)
        trainer = make_trainer(model, target, loader, run, validate, [watch, line])
        trainer.fit(options.epochs)
        last = trainer.weights()
        trainer.set_weights(watch.best_weights)
        self.add(f"{name}, early stop", colorizer.batch, watch.best_epoch)
        trainer.set_weights(last)
        self.add(f"{name}, to the end", colorizer.batch, trainer.epoch)
        first, best, end = (trainer.history[k - 1] for k in (1, watch.best_epoch, trainer.epoch))
        self.story.append(
            f"{name}: the loss on held-out pictures is {best['val_loss']:.5f} in epoch "
            f"{watch.best_epoch}, the best, and {end['val_loss']:.5f} at the end, while that in "
            f"training goes from {first['loss']:.5f} over {best['loss']:.5f} to {end['loss']:.5f}."
        )
        return trainer.interrupted

    def table(self):
        """Lay the measured values out for the terminal."""
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column("", no_wrap=True)
        for heading in (
            "epoch",
            "train:\nPSNR",
            "\nab err",
            "held out:\nPSNR",
            "\nab err",
            "\nAuC",
        ):
            table.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
        table.add_column("\ncolour", justify="right", no_wrap=True)
        for m in self.methods:
            values = [m.train[key] for key in MEASURED[:2]] + [m.held_out[key] for key in MEASURED]
            cells = [f"{value:.2f}" if value >= 2 else f"{value:.3f}" for value in values]
            table.add_row(m.name, str(m.epoch or ""), *cells)
        return table

    def sheet(self):
        """Lay the shown crops out: a row each, a column for each method, the truth last."""
        truth = [true for side in self.shown.values() for true, _ in coloured(side, np.zeros_like)]
        columns = [(m.name, m.shown) for m in self.methods if m.name != "mean colour"]
        side, gap, head = 128, 6, 40
        size = (len(columns) + 1) * (side + gap) + gap, head + len(truth) * (side + gap)
        canvas = Image.new("RGB", size, (24, 26, 30))
        draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(size=13)
        for k, (name, crops) in enumerate([*columns, ("truth", truth)]):
            left = gap + k * (side + gap)
            text = name.replace(", ", "\n")
            draw.text(
                (left + side // 2, head // 2), text, (236, 238, 242), font, "mm", align="center"
            )
            for row, crop in enumerate(crops):
                tile = Image.fromarray(crop).resize((side, side), Image.Resampling.BICUBIC)
                canvas.paste(tile, (left, head + row * (side + gap)))
        return canvas


def coloured(crops, colours):
    """Return (truth, guess) of each crop, as RGB."""
    items = [crops[k] for k in range(len(crops))]
    lightness, ab = (np.stack(planes) for planes in zip(*items, strict=True))
    guess = np.concatenate([colours(lightness[k : k + 16]) for k in range(0, len(items), 16)])
    if guess.shape[1] == 1:
        guess = np.repeat(guess, 2, axis=1)
    return [(join(*item), join(item[0], own)) for item, own in zip(items, guess, strict=True)]


def compare(options):
    """Run all of it."""
    console = Console()
    comparison = Comparison(options, console)
    mean = mean_colour(comparison.plain.train).astype(np.float32)[:, None, None]
    comparison.add("gray", lambda L: np.zeros((len(L), 2, *L.shape[2:]), np.float32))
    comparison.add("mean colour", lambda L: mean + np.zeros((len(L), 2, *L.shape[2:]), np.float32))
    for name, split, target in (
        ("Lab", comparison.plain, "ab"),
        ("Lab + noise", comparison.noisy, "ab"),
        ("RGB", comparison.plain, "rgb"),
    ):
        stopped = comparison.train(name, split, target)
        if stopped:
            return 128 + stopped
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    comparison.sheet().save(folder / "comparisons.png")
    rows = [{k: v for k, v in asdict(m).items() if k != "shown"} for m in comparison.methods]
    (folder / "comparisons.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    console.print()
    console.print(comparison.table())
    comparison.say("\n".join([*comparison.story, "", metrics.definitions_text(MEASURED)]))
    comparison.say(f"\npictures   {folder / 'comparisons.png'}")
    return 0


def parsed(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small, few and short: seconds")
    parser.add_argument("--data", nargs="+", default=["bundled"], help=DATA_HELP)
    for name, value, quick, text in (
        ("side", 192, 64, "shrink pictures to this shorter side [pixels]"),
        ("size", 64, 32, "side of a crop [pixels]"),
        ("crops", 16, 4, "crops of a picture, at most"),
        ("epochs", 60, 2, "of each training"),
        ("patience", 8, 1, "epochs without improvement, then early stopping stops"),
        ("width", 16, 4, "channels of the U-Net's first level"),
        ("seed", 0, 0, "root of everything random"),
    ):
        parser.add_argument(f"--{name}", type=int, help=f"{text} (default: {value}; {quick})")
        parser.set_defaults(**{f"_{name}": (value, quick)})
    parser.add_argument("--noise", type=float, default=0.06, help="largest noise [units of L / 50]")
    parser.add_argument("--out", default="runs/comparisons", metavar="DIR")
    options = parser.parse_args(arguments)
    for name in ("side", "size", "crops", "epochs", "patience", "width", "seed"):
        if getattr(options, name) is None:
            setattr(options, name, getattr(options, f"_{name}")[options.quick])
    return options


if __name__ == "__main__":
    sys.exit(guarded(lambda: compare(parsed())))
