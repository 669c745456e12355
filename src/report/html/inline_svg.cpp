#include "report/html/inline_svg.h"

#include <fmt/format.h>

#include <cstddef>
#include <pugixml.hpp>
#include <sstream>

#include "core/error.h"

namespace ersatz::report::html {
namespace {

// "url(#name)" anywhere in a value.
std::string prefix_urls(std::string value, const std::string& prefix) {
  const std::string mark = "url(#";
  for (std::size_t at = value.find(mark); at != std::string::npos;
       at = value.find(mark, at + mark.size() + prefix.size())) {
    value.insert(at + mark.size(), prefix);
  }
  return value;
}

constexpr int kMaxDepth = 200;  // of elements in one another; what follows recurses

// Goes on from element to element while they are not deeper than that.
class DepthCheck : public pugi::xml_tree_walker {
 public:
  bool for_each(pugi::xml_node& node) override {
    return depth() < kMaxDepth || node.type() != pugi::node_element;
  }
};

class Rewriter {
 public:
  Rewriter(std::string prefix, const std::filesystem::path& file)
      : prefix_(std::move(prefix)), file_(file) {}

  void visit(pugi::xml_node node) {
    const std::string name = node.name();
    if (name == "script" || name == "foreignObject") refuse("holds a <" + name + ">");
    for (pugi::xml_attribute attribute : node.attributes()) rewrite(attribute);
    for (const pugi::xml_node child : node.children()) visit(child);
  }

 private:
  void rewrite(pugi::xml_attribute attribute) {
    const std::string name = attribute.name(), value = attribute.value();
    if (name.rfind("on", 0) == 0) refuse("holds an event handler, " + name);
    if (name == "id") {
      attribute.set_value((prefix_ + value).c_str());
    } else if (name == "href" || name == "xlink:href") {
      // Pictures that gnuplot draws point by point are embedded.
      if (value.rfind("data:image/png;base64,", 0) == 0) return;
      if (value.empty() || value[0] != '#') refuse("refers to something outside it");
      attribute.set_value(("#" + prefix_ + value.substr(1)).c_str());
    } else if (value.find("url(") != std::string::npos) {
      const std::string changed = prefix_urls(value, prefix_);
      if (changed.find("url(#") == std::string::npos) refuse("refers to something outside it");
      attribute.set_value(changed.c_str());
    }
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw core::Error::untrusted(file_, "the drawing " + what);
  }

  std::string prefix_;
  const std::filesystem::path& file_;
};

}  // namespace

std::string inline_svg(std::string_view svg, std::string_view prefix, std::string_view label,
                       const std::filesystem::path& file) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(svg.data(), svg.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  pugi::xml_node root = document.child("svg");
  if (!parsed || !root) throw core::Error::untrusted(file, "this is not an SVG drawing");
  DepthCheck depth;
  if (!root.traverse(depth)) {
    throw core::Error::untrusted(
        file, fmt::format("the drawing has more than {} elements in one another", kMaxDepth));
  }
  root.remove_child("title");  // browsers show it wherever the mouse rests
  root.remove_child("desc");
  Rewriter(fmt::format("{}-", prefix), file).visit(root);
  root.remove_attribute("width");
  root.remove_attribute("height");
  root.append_attribute("role").set_value("img");
  root.append_attribute("aria-label").set_value(std::string(label).c_str());
  std::ostringstream text;
  root.print(text, "", pugi::format_raw);
  return text.str();
}

}  // namespace ersatz::report::html
