// What the polygons of one file may cost when they become masks.
#pragma once

#include <cstddef>
#include <filesystem>

namespace ersatz::data {

// A polygon of six numbers can cross a million pixel columns, and a file can hold many. Outlines of
// things cross a few columns per number, and some are rectangles.
class MaskBudget {
 public:
  static constexpr std::size_t kFree = std::size_t{1} << 28;
  static constexpr std::size_t kPerPolygon = 2048;  // a rectangle as wide as a page of 1,024 px
  static constexpr std::size_t kPerNumber = 64;
  static constexpr std::size_t kMostHeld = std::size_t{1} << 28;  // run lengths: a gigabyte

  // `file`: of which errors tell.
  explicit MaskBudget(std::filesystem::path file);

  // A polygon of `numbers` coordinates has had `crossings`. Error::untrusted when those of all
  // polygons are more than kFree, kPerPolygon for each and kPerNumber for each coordinate.
  void take(std::size_t crossings, std::size_t numbers);

  // Run lengths of masks that are in memory now, and no longer. Error::untrusted when more than
  // kMostHeld are.
  void hold(std::size_t runs);
  void release(std::size_t runs) { held_ -= runs; }

 private:
  std::filesystem::path file_;
  std::size_t crossings_ = 0, polygons_ = 0, numbers_ = 0, held_ = 0;
};

}  // namespace ersatz::data
