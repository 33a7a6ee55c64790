"""The four tables in the appendix of seed 004, as printed."""

__all__ = ["APPENDICES"]

APPENDICES = {
    "A": """
Layer (type)\tOutput Shape\tParam #
Conv_01 (Conv2D)\t(None, 256, 256, 64)\t1792
max_pooling2d (MaxPooling2D)\t(None, 128, 128, 64)\t0
Conv_02 (Conv2D)\t(None, 128, 128, 128)\t73856
max_pooling2d_1 (MaxPooling2D)\t(None, 64, 64, 128)\t0
Conv_03 (Conv2D)\t(None, 64, 64, 256)\t295168
max_pooling2d_2 (MaxPooling2D)\t(None, 32, 32, 256)\t0
Conv_04 (Conv2D)\t(None, 32, 32, 512)\t1180160
max_pooling2d_3 (MaxPooling2D)\t(None, 16, 16, 512)\t0
flatten (Flatten)\t(None, 131072)\t0
dense (Dense)\t(None, 512)\t67109376
dense_1 (Dense)\t(None, 196608)\t100859904
reshape (Reshape)\t(None, 256, 256, 3)\t0
Total params: 169520256 (646.67 MB)
Trainable params: 169520256 (646.67 MB)
Non-trainable params: 0 (0.00 Byte)
""",
    "B": """
Layer (type)\tOutput Shape\tParam #
Conv2d-1\t[-1, 64, 160, 160]\t640
Conv2d-2\t[-1, 64, 80, 80]\t36,928
Conv2d-3\t[-1, 128, 40, 40]\t73,856
Conv2d-4\t[-1, 256, 20, 20]\t295,168
ConvTranspose2d-5\t[-1, 128, 40, 40]\t295,040
Dropout-6\t[-1, 256, 40, 40]\t0
ConvTranspose2d-7\t[-1, 64, 80, 80]\t147,520
Dropout-8\t[-1, 128, 80, 80]\t0
ConvTranspose2d-9\t[-1, 128, 160, 160]\t147,584
Dropout-10\t[-1, 192, 160, 160]\t0
ConvTranspose2d-11\t[-1, 15, 160, 160]\t25,935
Conv2d-12\t[-1, 2, 160, 160]\t290
""",
    "C": """
Layer (type)\tOutput Shape\tParam #
Conv2d-1\t[16, 64, 128, 128]\t1,024
Dropout-2\t[16, 64, 128, 128]\t0
LeakyReLU-3\t[16, 64, 128, 128]\t0
downsample-4\t[16, 64, 128, 128]\t0
Conv2d-5\t[16, 128, 64, 64]\t131,072
BatchNorm2d-6\t[16, 128, 64, 64]\t256
Dropout-7\t[16, 128, 64, 64]\t0
LeakyReLU-8\t[16, 128, 64, 64]\t0
downsample-9\t[16, 128, 64, 64]\t0
Conv2d-10\t[16, 256, 32, 32]\t524,288
BatchNorm2d-11\t[16, 256, 32, 32]\t512
Dropout-12\t[16, 256, 32, 32]\t0
LeakyReLU-13\t[16, 256, 32, 32]\t0
downsample-14\t[16, 256, 32, 32]\t0
Conv2d-15\t[16, 512, 16, 16]\t2,097,152
BatchNorm2d-16\t[16, 512, 16, 16]\t1,024
LeakyReLU-17\t[16, 512, 16, 16]\t0
downsample-18\t[16, 512, 16, 16]\t0
Conv2d-19\t[16, 512, 8, 8]\t4,194,304
BatchNorm2d-20\t[16, 512, 8, 8]\t1,024
LeakyReLU-21\t[16, 512, 8, 8]\t0
downsample-22\t[16, 512, 8, 8]\t0
Conv2d-23\t[16, 512, 4, 4]\t4,194,304
BatchNorm2d-24\t[16, 512, 4, 4]\t1,024
LeakyReLU-25\t[16, 512, 4, 4]\t0
downsample-26\t[16, 512, 4, 4]\t0
Conv2d-27\t[16, 512, 2, 2]\t4,194,304
BatchNorm2d-28\t[16, 512, 2, 2]\t1,024
LeakyReLU-29\t[16, 512, 2, 2]\t0
downsample-30\t[16, 512, 2, 2]\t0
Conv2d-31\t[16, 512, 1, 1]\t4,194,304
BatchNorm2d-32\t[16, 512, 1, 1]\t1,024
LeakyReLU-33\t[16, 512, 1, 1]\t0
downsample-34\t[16, 512, 1, 1]\t0
ConvTranspose2d-35\t[16, 512, 2, 2]\t4,194,304
BatchNorm2d-36\t[16, 512, 2, 2]\t1,024
Dropout-37\t[16, 512, 2, 2]\t0
LeakyReLU-38\t[16, 512, 2, 2]\t0
upsample-39\t[16, 512, 2, 2]\t0
ConvTranspose2d-40\t[16, 512, 4, 4]\t8,388,608
BatchNorm2d-41\t[16, 512, 4, 4]\t1,024
Dropout-42\t[16, 512, 4, 4]\t0
LeakyReLU-43\t[16, 512, 4, 4]\t0
upsample-44\t[16, 512, 4, 4]\t0
ConvTranspose2d-45\t[16, 512, 8, 8]\t8,388,608
BatchNorm2d-46\t[16, 512, 8, 8]\t1,024
Dropout-47\t[16, 512, 8, 8]\t0
LeakyReLU-48\t[16, 512, 8, 8]\t0
upsample-49\t[16, 512, 8, 8]\t0
ConvTranspose2d-50\t[16, 512, 16, 16]\t8,388,608
BatchNorm2d-51\t[16, 512, 16, 16]\t1,024
LeakyReLU-52\t[16, 512, 16, 16]\t0
upsample-53\t[16, 512, 16, 16]\t0
ConvTranspose2d-54\t[16, 256, 32, 32]\t4,194,304
BatchNorm2d-55\t[16, 256, 32, 32]\t512
LeakyReLU-56\t[16, 256, 32, 32]\t0
upsample-57\t[16, 256, 32, 32]\t0
ConvTranspose2d-58\t[16, 128, 64, 64]\t1,048,576
BatchNorm2d-59\t[16, 128, 64, 64]\t256
LeakyReLU-60\t[16, 128, 64, 64]\t0
upsample-61\t[16, 128, 64, 64]\t0
ConvTranspose2d-62\t[16, 64, 128, 128]\t262,144
BatchNorm2d-63\t[16, 64, 128, 128]\t128
LeakyReLU-64\t[16, 64, 128, 128]\t0
upsample-65\t[16, 64, 128, 128]\t0
ConvTranspose2d-66\t[16, 2, 256, 256]\t4,098
Tanh-67\t[16, 2, 256, 256]\t0
""",
    "D": """
Layer (type)\tOutput Shape\tParam #
Conv2d-1\t[16, 64, 128, 128]\t3,072
LeakyReLU-2\t[16, 64, 128, 128]\t0
downsample-3\t[16, 64, 128, 128]\t0
Conv2d-4\t[16, 128, 64, 64]\t131,072
BatchNorm2d-5\t[16, 128, 64, 64]\t256
LeakyReLU-6\t[16, 128, 64, 64]\t0
downsample-7\t[16, 128, 64, 64]\t0
Conv2d-8\t[16, 256, 32, 32]\t524,288
BatchNorm2d-9\t[16, 256, 32, 32]\t512
LeakyReLU-10\t[16, 256, 32, 32]\t0
downsample-11\t[16, 256, 32, 32]\t0
ZeroPad2d-12\t[16, 256, 34, 34]\t0
Conv2d-13\t[16, 512, 31, 31]\t2,097,152
BatchNorm2d-14\t[16, 512, 31, 31]\t1,024
LeakyReLU-15\t[16, 512, 31, 31]\t0
ZeroPad2d-16\t[16, 512, 33, 33]\t0
Conv2d-17\t[16, 1, 30, 30]\t8,193
""",
}
"""By letter; columns are divided by tabs."""
