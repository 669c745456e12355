// Resizing as Pillow does it: what torchvision's and timm's Resize compute on PIL pictures.
#pragma once

#include "data/images/rgb_image.h"

namespace ersatz::data {

// Bilinear with antialiasing: the triangle filter grows with the reduction (Pillow 9,
// libImaging/Resample.c, 8 bits per channel). Columns first, then rows, each rounded to 8 bits with
// 22-bit fixed-point weights: the same bytes as Image.resize((width, height), BILINEAR).
// Error::internal for a size below 1.
RgbImage resize_bilinear(const RgbImage& image, int width, int height);

// The same with Pillow's cubic filter (Keys 1981, a = -1/2): Image.resize((width, height)), whose
// default it is since Pillow 7.
RgbImage resize_bicubic(const RgbImage& image, int width, int height);

// The shorter side becomes `side`, the longer one side * longer / shorter, rounded down
// (torchvision.transforms.Resize(side)).
RgbImage resize_shorter_side(const RgbImage& image, int side);

// The middle side x side pixels (torchvision.transforms.CenterCrop): a picture that is smaller is
// first padded with black, and half a pixel of offset goes to the even number.
RgbImage centre_crop(const RgbImage& image, int side);

}  // namespace ersatz::data
