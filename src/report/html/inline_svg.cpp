#include "report/html/inline_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <pugixml.hpp>
#include <sstream>

#include "core/error.h"
#include "report/html/svg_symbols.h"

namespace ersatz::report::html {
namespace {

using namespace std::string_view_literals;

// HTML parsers read names without regard to case, switch to HTML inside some elements and run or
// fetch what many others say. So only what gnuplot draws with is taken, and its harmless relatives,
// spelled exactly like this.
constexpr std::array kElements = {
    "svg"sv,     "g"sv,      "defs"sv,           "path"sv,           "line"sv,    "polyline"sv,
    "polygon"sv, "rect"sv,   "circle"sv,         "ellipse"sv,        "text"sv,    "tspan"sv,
    "use"sv,     "symbol"sv, "clipPath"sv,       "linearGradient"sv, "stop"sv,    "pattern"sv,
    "mask"sv,    "image"sv,  "radialGradient"sv, "filter"sv,         "feFlood"sv, "feComposite"sv,
    "title"sv,   "desc"sv};

// Of style: attributes, and what a `style` attribute may set.
constexpr std::array kStyles = {"baseline-shift"sv,
                                "clip-path"sv,
                                "clip-rule"sv,
                                "color"sv,
                                "display"sv,
                                "dominant-baseline"sv,
                                "fill"sv,
                                "fill-opacity"sv,
                                "fill-rule"sv,
                                "filter"sv,
                                "flood-color"sv,
                                "flood-opacity"sv,
                                "font-family"sv,
                                "font-size"sv,
                                "font-style"sv,
                                "font-weight"sv,
                                "mask"sv,
                                "opacity"sv,
                                "shape-rendering"sv,
                                "stop-color"sv,
                                "stop-opacity"sv,
                                "stroke"sv,
                                "stroke-dasharray"sv,
                                "stroke-dashoffset"sv,
                                "stroke-linecap"sv,
                                "stroke-linejoin"sv,
                                "stroke-miterlimit"sv,
                                "stroke-opacity"sv,
                                "stroke-width"sv,
                                "text-anchor"sv,
                                "text-decoration"sv,
                                "visibility"sv};

// Of geometry, and those that name or connect elements.
constexpr std::array kAttributes = {"class"sv,
                                    "clipPathUnits"sv,
                                    "cx"sv,
                                    "cy"sv,
                                    "d"sv,
                                    "dx"sv,
                                    "dy"sv,
                                    "filterUnits"sv,
                                    "gradientTransform"sv,
                                    "gradientUnits"sv,
                                    "height"sv,
                                    "id"sv,
                                    "in"sv,
                                    "in2"sv,
                                    "maskUnits"sv,
                                    "offset"sv,
                                    "operator"sv,
                                    "patternTransform"sv,
                                    "patternUnits"sv,
                                    "points"sv,
                                    "preserveAspectRatio"sv,
                                    "r"sv,
                                    "result"sv,
                                    "rotate"sv,
                                    "rx"sv,
                                    "ry"sv,
                                    "spreadMethod"sv,
                                    "style"sv,
                                    "transform"sv,
                                    "version"sv,
                                    "viewBox"sv,
                                    "width"sv,
                                    "x"sv,
                                    "x1"sv,
                                    "x2"sv,
                                    "xml:space"sv,
                                    "y"sv,
                                    "y1"sv,
                                    "y2"sv};

// Of the drawing as a whole. Style, transformations and filters there would reach beyond its place
// in the page.
constexpr std::array kRootAttributes = {"width"sv,       "height"sv,  "viewBox"sv,
                                        "xmlns"sv,       "version"sv, "preserveAspectRatio"sv,
                                        "xmlns:xlink"sv, "id"sv};

// That a value may call, of colours, transformations and references.
constexpr std::array kFunctions = {"rgb"sv,   "rgba"sv,   "hsl"sv,      "hsla"sv,
                                   "url"sv,   "matrix"sv, "scale"sv,    "rotate"sv,
                                   "skewX"sv, "skewY"sv,  "translate"sv};

constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

template <class List>
bool listed(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

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
    const std::string_view name = node.name();
    if (!listed(kElements, name)) refuse(fmt::format("holds a <{}>", name));
    for (const pugi::xml_attribute attribute : node.attributes()) rewrite(name, attribute);
    for (const pugi::xml_node child : node.children()) {
      const bool element = child.type() == pugi::node_element;
      if (!element && child.type() != pugi::node_pcdata) {
        refuse("holds something other than elements and text");
      }
      // The title of a part of the drawing: browsers read HTML in it.
      if (element && (name == "title" || name == "desc")) {
        refuse(fmt::format("has a <{}> that holds more than text", name));
      }
      if (element) visit(child);
    }
    if (name != "text" && name != "tspan") remove_empty(node);
  }

 private:
  // Blanks between elements (within text they may count) and groups of nothing, a third of what
  // gnuplot writes.
  static void remove_empty(pugi::xml_node node) {
    for (pugi::xml_node child = node.first_child(); child;) {
      const pugi::xml_node next = child.next_sibling();
      const bool blank = child.type() == pugi::node_pcdata && trimmed(child.value()).empty();
      const bool nothing =
          child.name() == std::string_view("g") && !child.attribute("id") && only_blanks(child);
      if (blank || nothing) node.remove_child(child);
      child = next;
    }
  }

  static bool only_blanks(pugi::xml_node node) {
    const auto children = node.children();
    return std::all_of(children.begin(), children.end(), [](const pugi::xml_node child) {
      return child.type() == pugi::node_pcdata && trimmed(child.value()).empty();
    });
  }

  void rewrite(std::string_view element, pugi::xml_attribute attribute) {
    const std::string name = attribute.name(), value = attribute.value();
    if (name == "href" || name == "xlink:href") {
      // Pictures that gnuplot draws point by point are embedded.
      if (element == "image" && value.rfind("data:image/png;base64,", 0) == 0) return;
      if (value.empty() || value[0] != '#') refuse("refers to something outside it");
      check_name(value.substr(1));
      attribute.set_value(("#" + prefix_ + value.substr(1)).c_str());
    } else if (name == "xmlns" || name == "xmlns:xlink") {
      const bool svg = name == "xmlns";
      if (value != (svg ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xlink")) {
        refuse(fmt::format("is of another kind of XML, {}", value));
      }
    } else if (!listed(kAttributes, name) && !listed(kStyles, name)) {
      refuse(fmt::format("holds the attribute {}", name));
    } else if (name == "id") {
      check_name(value);
      attribute.set_value((prefix_ + value).c_str());
    } else {
      check_value(value);
      if (name == "style") check_style(value);
      attribute.set_value(prefix_urls(value, prefix_).c_str());
    }
  }

  // Browsers find a name also where it is spelt with blanks or escapes; drawn_elements() does not.
  void check_name(std::string_view name) const {
    if (name.empty() || name.find_first_not_of(kNameCharacters) != std::string_view::npos) {
      refuse(fmt::format("has or refers to the name '{}'", name));
    }
  }

  // Takes known functions and references to the drawing itself.
  void check_value(std::string_view value) const {
    // Escapes spell functions in other letters.
    if (value.find_first_of("\\@") != std::string_view::npos) {
      refuse(fmt::format("holds the value {}", value));
    }
    for (std::size_t at = value.find('('); at != std::string_view::npos;
         at = value.find('(', at + 1)) {
      const std::string_view before = value.substr(0, at);
      // find_last_not_of's "none" is one less than 0.
      const std::string_view function = before.substr(before.find_last_not_of(kNameCharacters) + 1);
      if (!listed(kFunctions, function)) refuse(fmt::format("holds the value {}", value));
      if (function != "url") continue;
      if (value.substr(at + 1, 1) != "#") refuse("refers to something outside it");
      const std::string_view inside = value.substr(at + 2);
      check_name(inside.substr(0, inside.find(')')));
    }
  }

  // A style could lay the drawing over the rest of the page.
  void check_style(std::string_view style) const {
    while (!style.empty()) {
      const std::string_view one = trimmed(style.substr(0, style.find(';')));
      style.remove_prefix(std::min(style.find(';'), style.size() - 1) + 1);
      if (!one.empty() && !listed(kStyles, trimmed(one.substr(0, one.find(':'))))) {
        refuse(fmt::format("holds the style {}", one));
      }
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
  for (const pugi::xml_attribute attribute : root.attributes()) {
    if (!listed(kRootAttributes, attribute.name())) {
      throw core::Error::untrusted(
          file, fmt::format("the drawing as a whole has the attribute {}", attribute.name()));
    }
  }
  Rewriter(fmt::format("{}-", prefix), file).visit(root);
  drawn_elements(root, file);
  root.remove_attribute("width");
  root.remove_attribute("height");
  root.append_attribute("role").set_value("img");
  root.append_attribute("aria-label").set_value(std::string(label).c_str());
  std::ostringstream text;
  root.print(text, "", pugi::format_raw);
  return text.str();
}

}  // namespace ersatz::report::html
