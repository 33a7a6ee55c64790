"""A data set whose items change from epoch to epoch, as random crops do."""

import time

import numpy as np

from minigrad.data import Dataset, item_rng


class Noisy(Dataset):
    """Items that change with the epoch, as crops do; the first number is the index."""

    def __init__(self, length=23):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return self.epoch_item(index, 0)

    def epoch_item(self, index, epoch):
        noise = item_rng(7, epoch, index).random(3)
        time.sleep(noise[0] / 2000)  # so that threads overtake each other
        return np.array([index, epoch, *noise], np.float32), index
