#include "core/json_lines.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/file_system.h"

namespace ersatz::core {
namespace {

// Each value's pointer repeats the keys above it: long ones would take the square of the text.
constexpr std::size_t kMaxPointer = 1024;  // bytes

// A key as a step of a pointer (RFC 6901).
std::string pointer_step(const Json& key) {
  std::string step = "/";
  for (const char c : key.get<std::string>()) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  JsonLines scan() {
    next();
    value(Pointer(""));
    return std::move(lines_);
  }

 private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // To the next character that is not white space.
  void next() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  // A string with its quotes.
  std::string_view quoted() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ < text_.size()) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // nullopt below one that is too long.
  using Pointer = std::optional<std::string>;

  static Pointer below(const Pointer& pointer, const std::string& step) {
    if (!pointer || pointer->size() + step.size() > kMaxPointer) return std::nullopt;
    return *pointer + step;
  }

  void record(const Pointer& pointer) {
    if (pointer) lines_.emplace(*pointer, line_);
  }

  void value(const Pointer& pointer) {
    record(pointer);
    const char c = here();
    if (c == '{') {
      members(pointer);
    } else if (c == '[') {
      elements(pointer);
    } else if (c == '"') {
      quoted();
    } else {
      while (at_ < text_.size() &&
             std::string_view(",]} \t\r\n").find(here()) == std::string_view::npos) {
        ++at_;
      }
    }
  }

  void members(const Pointer& pointer) {
    ++at_;
    for (next(); here() == '"'; next()) {
      const Pointer child = below(pointer, pointer_step(Json::parse(quoted())));
      record(child);
      next();
      ++at_;  // the colon
      next();
      value(child);
      next();
      if (here() == ',') ++at_;
    }
    ++at_;
  }

  void elements(const Pointer& pointer) {
    ++at_;
    std::size_t index = 0;
    for (next(); at_ < text_.size() && here() != ']'; next()) {
      const std::size_t before = at_;
      value(below(pointer, "/" + std::to_string(index++)));
      if (at_ == before) return;  // no JSON
      next();
      if (here() == ',') ++at_;
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  JsonLines lines_;
};

}  // namespace

JsonLines json_lines(std::string_view text) { return Scanner(text).scan(); }

LocatedJson read_located_json(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  Json value = parse_json(text, path);
  return {std::move(value), json_lines(text)};
}

}  // namespace ersatz::core
