"""Pictures: files -> RGB -> Lab -> crops -> batches.

`open_data` opens every data set by what follows ``--data``: bundled, landscapes[:N[:SEED]],
cifar10:PATH, DIR, or DIR1 DIR2; it returns the list of pictures, and notes for the user.

=================  =============================================================================
pictures           one file -> uint8 RGB, or a refusal that names it
folders, pairs     folders of files, looked through before training
bundled            photographs that need no network
landscapes         drawn ones, from a seed
cifar              CIFAR-10's binary files
sources            all of them by name: `open_data`
records            `Picture` and `Crop`
color              RGB <-> Lab <-> network units
transforms         cutting, resizing, flipping, noise; `item_rng`
dataset, sampler   PyTorch's data sets and orders
crops, splits      crops for colorization, with nothing held out ever trained upon
picture_files      whole pictures, read when asked for
collate, loader    items -> batches: `DataLoader`
=================  =============================================================================

Examples
--------
>>> split = split_colorization(bundled_pictures(["cat", "coffee", "rocket"]), size=64)
>>> loader = DataLoader(split.train, batch_size=8, shuffle=True, num_workers=2, seed=0)
>>> lightness, ab = next(iter(loader))
>>> lightness.shape, ab.shape
(minigrad.Size([8, 1, 64, 64]), minigrad.Size([8, 2, 64, 64]))
"""

from minigrad.data.bundled import BUNDLED, bundled_pictures
from minigrad.data.cifar import CIFAR10_CLASSES, CifarError, cifar10_pictures, load_cifar10
from minigrad.data.collate import default_collate, default_convert
from minigrad.data.color import (
    AB_SCALE,
    L_SCALE,
    lab_to_network,
    lab_to_rgb,
    network_to_lab,
    network_to_rgb,
    rgb_to_float,
    rgb_to_lab,
    rgb_to_network,
    rgb_to_uint8,
)
from minigrad.data.crops import ColorizationCrops, picture_to_network
from minigrad.data.dataset import ConcatDataset, Dataset, Subset, TensorDataset, random_split
from minigrad.data.folders import FolderError, FolderScan, load_folder, scan_folder
from minigrad.data.landscapes import landscape, landscape_pictures
from minigrad.data.loader import DataError, DataLoader
from minigrad.data.pairs import has_pairs, load_pairs, pair_folders
from minigrad.data.picture_files import PictureFiles
from minigrad.data.pictures import (
    EXTENSIONS,
    MAX_BYTES,
    MAX_PIXELS,
    MIN_SIDE,
    PictureError,
    PictureNotice,
    is_gray,
    load_picture,
)
from minigrad.data.records import Crop, Picture
from minigrad.data.sampler import RandomSampler, SequentialSampler
from minigrad.data.sources import DATA_HELP, open_data
from minigrad.data.splits import (
    ColorizationSplit,
    grid_crops,
    split_by_picture,
    split_colorization,
    split_crops,
)
from minigrad.data.transforms import (
    add_lightness_noise,
    crop,
    flip_horizontal,
    item_rng,
    random_crop,
    resize,
    resize_planes,
    resize_shorter_side,
)

__all__ = [
    "AB_SCALE",
    "BUNDLED",
    "CIFAR10_CLASSES",
    "CifarError",
    "ColorizationCrops",
    "ColorizationSplit",
    "ConcatDataset",
    "Crop",
    "DATA_HELP",
    "DataError",
    "DataLoader",
    "Dataset",
    "EXTENSIONS",
    "FolderError",
    "FolderScan",
    "L_SCALE",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MIN_SIDE",
    "Picture",
    "PictureError",
    "PictureFiles",
    "PictureNotice",
    "RandomSampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "add_lightness_noise",
    "bundled_pictures",
    "cifar10_pictures",
    "crop",
    "default_collate",
    "default_convert",
    "flip_horizontal",
    "grid_crops",
    "has_pairs",
    "is_gray",
    "item_rng",
    "lab_to_network",
    "lab_to_rgb",
    "landscape",
    "landscape_pictures",
    "load_cifar10",
    "load_folder",
    "load_pairs",
    "load_picture",
    "network_to_lab",
    "network_to_rgb",
    "open_data",
    "pair_folders",
    "picture_to_network",
    "random_crop",
    "random_split",
    "resize",
    "resize_planes",
    "resize_shorter_side",
    "rgb_to_float",
    "rgb_to_lab",
    "rgb_to_network",
    "rgb_to_uint8",
    "scan_folder",
    "split_by_picture",
    "split_colorization",
    "split_crops",
]
