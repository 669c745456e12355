#include "generate/diffusion/tokenizer/pattern.h"

#include <fmt/format.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>

#include "core/error.h"

namespace ersatz::generate {

namespace {

// PCRE2's strings are unsigned bytes.
PCRE2_SPTR bytes(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};

std::string message(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace

struct Pattern::Code {
  pcre2_code* code = nullptr;
  ~Code() { pcre2_code_free(code); }
};

Pattern::Pattern(const std::string& pattern) : code_(std::make_unique<Code>()) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->code = pcre2_compile(bytes(pattern), pattern.size(), PCRE2_UTF | PCRE2_UCP, &error,
                              &offset, nullptr);
  if (code_->code == nullptr) {
    throw core::Error::internal(
        fmt::format("pattern '{}' fails at position {}: {}", pattern, offset, message(error)));
  }
  // Where there is no just-in-time compiler, matching is interpreted: slower, the same.
  pcre2_jit_compile(code_->code, PCRE2_JIT_COMPLETE);
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

std::vector<std::string_view> Pattern::find_all(std::string_view text) const {
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
  if (match == nullptr) throw std::bad_alloc();
  std::vector<std::string_view> found;
  // A null pointer is not a string to PCRE2, not even an empty one.
  if (text.empty()) return found;
  for (std::size_t at = 0; at < text.size();) {
    const int result = pcre2_match(code_->code, bytes(text), text.size(), at, PCRE2_NO_UTF_CHECK,
                                   match.get(), nullptr);
    if (result == PCRE2_ERROR_NOMATCH) break;
    if (result < 0) throw core::Error::internal("matching failed: " + message(result));
    const PCRE2_SIZE* const range = pcre2_get_ovector_pointer(match.get());
    if (range[1] <= at) throw core::Error::internal("a pattern matched nothing");
    found.push_back(text.substr(range[0], range[1] - range[0]));
    at = range[1];
  }
  return found;
}

std::string Pattern::quote(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       static_cast<unsigned char>(c) >= 0x80;
    if (!plain) pattern.push_back('\\');
    pattern.push_back(c);
  }
  return pattern;
}

}  // namespace ersatz::generate
