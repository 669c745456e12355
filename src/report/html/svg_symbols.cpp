#include "report/html/svg_symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace ersatz::report::html {
namespace {

constexpr std::size_t kMostElements = 1'000'000;
constexpr int kMaxSymbolDepth = 500;  // of what is drawn within others; what follows recurses

// What a browser draws for an element: it and what is in it, and how deep that goes.
struct Drawn {
  std::size_t elements = 0;
  int height = 0;  // 1 for an element alone
};

class Count : public pugi::xml_tree_walker {
 public:
  explicit Count(const std::filesystem::path& file) : file_(file) {}

  // Gathers the elements that have names.
  bool for_each(pugi::xml_node& node) override {
    if (const pugi::xml_attribute id = node.attribute("id")) named_.emplace(id.value(), node);
    return true;
  }

  // `depth`: of elements and of what they refer to, in one another.
  Drawn of(const pugi::xml_node& node, int depth) {
    check_depth(depth);
    Drawn drawn{1, 1};
    for (const pugi::xml_node child : node.children()) {
      if (child.type() == pugi::node_element) add(drawn, of(child, depth + 1));
    }
    for (const pugi::xml_attribute attribute : node.attributes()) {
      add_references(drawn, attribute, depth);
    }
    return drawn;
  }

 private:
  // "#name" of links, and "url(#name)" anywhere in another value: masks, patterns, clips, filters.
  void add_references(Drawn& drawn, const pugi::xml_attribute& attribute, int depth) {
    const std::string_view key = attribute.name(), value = attribute.value();
    if (key == "href" || key == "xlink:href") {
      if (value.substr(0, 1) == "#") add(drawn, of_name(std::string(value.substr(1)), depth));
      return;
    }
    constexpr std::string_view kMark = "url(#";
    for (std::size_t at = value.find(kMark); at != std::string_view::npos;
         at = value.find(kMark, at + 1)) {
      const std::string_view name = value.substr(at + kMark.size());
      add(drawn, of_name(std::string(name.substr(0, name.find(')'))), depth));
    }
  }

  Drawn of_name(const std::string& name, int depth) {
    const auto node = named_.find(name);
    if (node == named_.end()) return {};  // draws nothing
    const auto [known, fresh] = drawn_.emplace(name, Drawn());
    if (known->second.height == 0 && !fresh) refuse("repeats a symbol in itself");
    // Its place in the map stays where it is.
    if (fresh) known->second = of(node->second, depth + 1);
    // It may have been counted where fewer were around it.
    check_depth(depth + known->second.height);
    return known->second;
  }

  void add(Drawn& to, const Drawn& part) const {
    to.elements += part.elements;
    if (to.elements > kMostElements) {
      refuse(fmt::format("repeats its symbols more than {} times", kMostElements));
    }
    to.height = std::max(to.height, part.height + 1);
  }

  void check_depth(int depth) const {
    if (depth > kMaxSymbolDepth) {
      refuse(
          fmt::format("repeats symbols in symbols, {} elements in one another", kMaxSymbolDepth));
    }
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw core::Error::untrusted(file_, "the drawing " + what);
  }

  const std::filesystem::path& file_;
  std::map<std::string, pugi::xml_node> named_;
  std::map<std::string, Drawn> drawn_;  // without height while it is counted
};

}  // namespace

std::size_t drawn_elements(const pugi::xml_node& root, const std::filesystem::path& file) {
  Count count(file);
  pugi::xml_node walked = root;
  walked.traverse(count);
  return count.of(root, 0).elements;
}

}  // namespace ersatz::report::html
