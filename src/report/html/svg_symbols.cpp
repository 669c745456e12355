#include "report/html/svg_symbols.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace ersatz::report::html {
namespace {

constexpr std::size_t kMostElements = 1'000'000;
constexpr int kMaxDepth = 1000;  // of what is drawn within others; what follows recurses

class Count : public pugi::xml_tree_walker {
 public:
  explicit Count(const std::filesystem::path& file) : file_(file) {}

  // Gathers the elements that have names.
  bool for_each(pugi::xml_node& node) override {
    if (const pugi::xml_attribute id = node.attribute("id")) named_.emplace(id.value(), node);
    return true;
  }

  // `depth`: of elements and of what they refer to, in one another.
  std::size_t of(const pugi::xml_node& node, int depth) {
    if (depth > kMaxDepth) {
      refuse(fmt::format("repeats symbols in symbols, {} elements in one another", kMaxDepth));
    }
    std::size_t count = 1;
    for (const pugi::xml_node child : node.children()) {
      if (child.type() == pugi::node_element) count = add(count, of(child, depth + 1));
    }
    for (const pugi::xml_attribute attribute : node.attributes()) {
      count = add(count, of_references(attribute, depth));
    }
    return count;
  }

 private:
  // "#name" of links, and "url(#name)" anywhere in another value: masks, patterns, clips, filters.
  std::size_t of_references(const pugi::xml_attribute& attribute, int depth) {
    const std::string_view key = attribute.name(), value = attribute.value();
    if (key == "href" || key == "xlink:href") {
      return value.substr(0, 1) == "#" ? of_name(std::string(value.substr(1)), depth) : 0;
    }
    constexpr std::string_view kMark = "url(#";
    std::size_t count = 0;
    for (std::size_t at = value.find(kMark); at != std::string_view::npos;
         at = value.find(kMark, at + 1)) {
      const std::string_view name = value.substr(at + kMark.size());
      count = add(count, of_name(std::string(name.substr(0, name.find(')'))), depth));
    }
    return count;
  }

  std::size_t of_name(const std::string& name, int depth) {
    const auto node = named_.find(name);
    if (node == named_.end()) return 0;  // draws nothing
    const auto [known, fresh] = counts_.emplace(name, kCounting);
    if (known->second == kCounting && !fresh) refuse("repeats a symbol in itself");
    // Its place in the map stays where it is.
    if (fresh) known->second = of(node->second, depth + 1);
    return known->second;
  }

  std::size_t add(std::size_t a, std::size_t b) const {
    if (a + b > kMostElements) {
      refuse(fmt::format("repeats its symbols more than {} times", kMostElements));
    }
    return a + b;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw core::Error::untrusted(file_, "the drawing " + what);
  }

  static constexpr std::size_t kCounting = 0;  // there is no element that draws nothing
  const std::filesystem::path& file_;
  std::map<std::string, pugi::xml_node> named_;
  std::map<std::string, std::size_t> counts_;
};

}  // namespace

std::size_t drawn_elements(const pugi::xml_node& root, const std::filesystem::path& file) {
  Count count(file);
  pugi::xml_node walked = root;
  walked.traverse(count);
  return count.of(root, 0);
}

}  // namespace ersatz::report::html
