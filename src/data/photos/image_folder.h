// A folder per class with photos in it: the layout of torchvision's ImageFolder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ersatz::data {

struct ImageFolder {
  std::filesystem::path root;
  std::vector<std::string> classes;          // folder names
  std::vector<std::filesystem::path> files;  // below root, class after class, sorted by name
  std::vector<std::uint8_t> labels;          // [files], index of the class
  std::int64_t ignored = 0;                  // files that are no pictures by their name

  std::size_t size() const { return files.size(); }
};

// Lists the photos (.png, .jpg, .jpeg in any case) of every class, in folders below it too. With
// `classes`, exactly these folders in this order, so that two sets agree about labels; without,
// every folder, sorted by name. Hidden files and folders are passed over; pictures in formats that
// are not read (.webp, .bmp, .gif, .tif, .tiff, .ppm, .pgm) are refused rather than forgotten. No
// file is opened.
//
// Error::missing (exit 40) when there is no such folder, a class has no folder or a folder no
// photo; Error::untrusted (exit 30) naming a picture in another format; Error::usage for more than
// 256 classes or a class named twice.
ImageFolder list_image_folder(const std::filesystem::path& root,
                              const std::vector<std::string>& classes = {});

// The photos at `indices`, in that order; classes stay. Error::internal when out of range.
ImageFolder select(const ImageFolder& folder, const std::vector<std::int64_t>& indices);

// The first `per_class` photos of each class (the few-shot sets). Error::usage naming a class that
// has fewer.
ImageFolder first_of_each_class(const ImageFolder& folder, std::int64_t per_class);

// How many photos each class has.
std::vector<std::int64_t> class_counts(const std::vector<std::uint8_t>& labels,
                                       std::size_t classes);

}  // namespace ersatz::data
