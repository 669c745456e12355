#include "report/contact_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::report {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr int kMaxSide = 65'500;  // px; what common viewers open
constexpr double kPaper = 255, kCaptionInk = 30;

// Captions as tall as a fifth of a cell, but readable on small ones and modest on large ones.
struct Lettering {
  int height;     // px
  int thickness;  // px, of the lines
  double scale;

  explicit Lettering(int cell_height)
      : height(std::clamp(cell_height / 5, 10, 20)),
        thickness(height < 15 ? 1 : 2),
        scale(cv::getFontScaleFromHeight(kFont, height, thickness)) {}

  int width(const std::string& text) const {
    int baseline = 0;
    return cv::getTextSize(text, kFont, scale, thickness, &baseline).width;
  }
};

}  // namespace

ContactSheet::ContactSheet(const SheetPlan& plan, int type) : plan_(plan) {
  const Lettering lettering(plan.cell_height);
  for (const std::string& caption : plan.row_captions) {
    if (!caption.empty()) left_ = std::max(left_, lettering.width(caption) + lettering.height);
  }
  if (!plan.column_captions.empty()) top_ = 2 * lettering.height;
  const std::int64_t columns = static_cast<std::int64_t>(plan.columns);
  const std::int64_t rows = static_cast<std::int64_t>(plan.row_captions.size());
  const std::int64_t width = left_ + plan.gutter + columns * (plan.cell_width + plan.gutter);
  const std::int64_t height = top_ + plan.gutter + rows * (plan.cell_height + plan.gutter);
  if (width > kMaxSide || height > kMaxSide) {
    throw core::Error::usage(
        fmt::format("image grid: a picture of {}x{} px is too large", width, height),
        "fewer images or a smaller scale");
  }
  pixels_ =
      cv::Mat(static_cast<int>(height), static_cast<int>(width), type, cv::Scalar::all(kPaper));
  const auto draw = [&](const std::string& text, int x, int baseline) {
    cv::putText(pixels_, text, {x, baseline}, kFont, lettering.scale, cv::Scalar::all(kCaptionInk),
                lettering.thickness, cv::LINE_AA);
  };
  for (std::size_t c = 0; c < std::min(plan.column_captions.size(), plan.columns); ++c) {
    const std::string& text = plan.column_captions[c];
    const int x = left_ + plan.gutter + static_cast<int>(c) * (plan.cell_width + plan.gutter);
    draw(text, x + (plan.cell_width - lettering.width(text)) / 2, top_ - lettering.height / 2);
  }
  for (std::size_t r = 0; r < plan.row_captions.size(); ++r) {
    const std::string& text = plan.row_captions[r];
    if (text.empty()) continue;
    const int y = top_ + plan.gutter + static_cast<int>(r) * (plan.cell_height + plan.gutter);
    draw(text, left_ - lettering.height / 2 - lettering.width(text),
         y + (plan.cell_height + lettering.height) / 2);
  }
}

cv::Mat ContactSheet::cell(std::size_t row, std::size_t column) {
  const int x = left_ + plan_.gutter + static_cast<int>(column) * (plan_.cell_width + plan_.gutter);
  const int y = top_ + plan_.gutter + static_cast<int>(row) * (plan_.cell_height + plan_.gutter);
  return pixels_(cv::Rect(x, y, plan_.cell_width, plan_.cell_height));
}

void ContactSheet::write(const std::filesystem::path& path) const {
  cv::Mat out = pixels_;
  if (pixels_.channels() == 3) cv::cvtColor(pixels_, out, cv::COLOR_RGB2BGR);
  std::vector<std::uint8_t> png;
  if (!cv::imencode(".png", out, png, {cv::IMWRITE_PNG_COMPRESSION, 9})) {
    throw core::Error::internal("image grid: PNG encoding failed");
  }
  core::write_file_atomic(path,
                          std::string_view(reinterpret_cast<const char*>(png.data()), png.size()));
}

}  // namespace ersatz::report
