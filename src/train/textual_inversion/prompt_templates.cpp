#include "train/textual_inversion/prompt_templates.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::train {

namespace {

constexpr std::string_view kBlank = "{}";

}  // namespace

const std::vector<std::string>& object_templates() {
  static const std::vector<std::string> templates = {
      "a photo of a {}",
      "a photo of the {}",
      "a photo of my {}",
      "an image of a {}",
      "a picture of one {}",
      "a picture of the {} alone",
      "the {} in the middle of the picture",
      "a close view of a {}",
      "a {} seen from further away",
      "a photo of part of the {}",
      "a detailed photo of the {}",
      "a sharp photo of a {}",
      "a blurred photo of a {}",
      "a small, grainy photo of the {}",
      "a well lit photo of a {}",
      "a photo of a {} in daylight",
      "a photo of the {} in dim light",
      "a photo of a large {}",
      "a photo of a small {}",
      "a photo of a clean {}",
      "a photo of a worn {}",
      "a photo of an unusual {}",
      "a photo of a beautiful {}",
      "a snapshot with a {} in it",
      "what a {} looks like",
  };
  return templates;
}

const std::vector<std::string>& style_templates() {
  static const std::vector<std::string> templates = {
      "a picture in the style of {}",
      "a painting in the style of {}",
      "a painting in the manner of {}",
      "a drawing in the style of {}",
      "a print in the style of {}",
      "a work of art in the style of {}",
      "the style of {}",
      "a detail of a painting in the style of {}",
      "a close view of a painting in the style of {}",
      "a small painting in the style of {}",
      "a large painting in the style of {}",
      "a bright painting in the style of {}",
      "a dark painting in the style of {}",
      "a colourful painting in the style of {}",
      "a pale painting in the style of {}",
      "a simple painting in the style of {}",
      "an elaborate painting in the style of {}",
      "an old painting in the style of {}",
      "a new painting in the style of {}",
      "a photo of a painting in the style of {}",
  };
  return templates;
}

std::int64_t count_blanks(std::string_view sentence) {
  std::int64_t count = 0;
  for (std::size_t at = 0; (at = sentence.find(kBlank, at)) != std::string_view::npos; ++count) {
    at += kBlank.size();
  }
  return count;
}

std::string fill_template(std::string_view sentence, std::string_view text) {
  std::string result;
  for (std::size_t blank; (blank = sentence.find(kBlank)) != std::string_view::npos;) {
    result += sentence.substr(0, blank);
    result += text;
    sentence.remove_prefix(blank + kBlank.size());
  }
  return result += sentence;
}

void check_templates(const std::vector<std::string>& templates, std::string_view where) {
  if (templates.empty()) throw core::Error::usage(fmt::format("{}: no template", where));
  for (const std::string& sentence : templates) {
    if (count_blanks(sentence) == 0) {
      throw core::Error::usage(
          fmt::format("{}: the template \"{}\" has no {{}} in it", where, sentence),
          "{} is where the new word stands, as in \"a photo of a {}\"");
    }
  }
}

}  // namespace ersatz::train
