// results/index.html: whole, well-formed, without anything from elsewhere.
#include "report/html/index_page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <pugixml.hpp>
#include <set>

#include "core/error.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "data/images/png_codec.h"
#include "report/html/html_text.h"
#include "report/html/inline_svg.h"
#include "report/report_fixture.h"
#include "report/results_writer.h"
#include "support/test_support.h"

namespace ersatz::report::html {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kOneReproduced =
    "1 claim of 1 paper: <span class=\"count\">1 <span class=\"chip holds\">reproduced";

// Every element of the page.
struct Elements : pugi::xml_tree_walker {
  std::vector<pugi::xml_node> all;
  bool for_each(pugi::xml_node& node) override {
    if (node.type() == pugi::node_element) all.push_back(node);
    return true;
  }
};

class IndexPage : public ::testing::Test {
 protected:
  // Publishes a record under a profile's name.
  void publish(const std::string& profile, const std::string& label = "",
               const std::function<void(ResultRecord&)>& change = {}) {
    ResultRecord record = test::small_record();
    record.profile = profile;
    record.data_label = label;
    if (change) change(record);
    core::write_file_atomic(folder_ / "rows.png", "a picture");
    record.pictures = {{"rows", folder_ / "rows.png", "Digits <before> & \"after\""}};
    write_results(test::small_card(), record, folder_ / "results");
    // A drawing like gnuplot's, whether or not it is installed here.
    core::write_file_atomic(folder_ / "results/small" / profile / "plots/curves.svg",
                            "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 4 3\" "
                            "xmlns=\"http://www.w3.org/2000/svg\" "
                            "xmlns:xlink=\"http://www.w3.org/1999/xlink\"><title>t</title>"
                            "<circle id='dot' r='1'/><use xlink:href='#dot'/>"
                            "<path clip-path='url(#dot)' d='M0,0'/></svg>");
  }

  std::string page(const std::vector<std::string>& profiles) {
    ExperimentResults experiment;
    experiment.card = test::small_card();
    for (const std::string& profile : profiles) {
      experiment.profiles.push_back(
          read_profile_results(experiment.card, folder_ / "results/small" / profile));
    }
    return index_page({experiment});
  }

  test::TemporaryFolder folder_;
};

TEST_F(IndexPage, IsWellFormedAndNeedsNothingElse) {
  publish("mini", "stand-in data");
  publish("reduced");
  const std::string text = page({"mini", "reduced"});
  pugi::xml_document document;
  const auto parsed = document.load_string(text.c_str());
  ASSERT_TRUE(parsed) << parsed.description() << " near "
                      << text.substr(static_cast<std::size_t>(parsed.offset), 80);
  Elements elements;
  document.traverse(elements);
  std::set<std::string> ids;
  std::vector<std::string> targets;
  for (const pugi::xml_node& node : elements.all) {
    const std::string name = node.name();
    EXPECT_NE(name, "script");
    if (const auto id = node.attribute("id")) {
      EXPECT_TRUE(ids.insert(id.value()).second) << "twice: " << id.value();
    }
    for (const char* key : {"href", "xlink:href"}) {
      const std::string target = node.attribute(key).value();
      if (target.empty()) continue;
      if (target[0] == '#') {
        targets.push_back(target.substr(1));
      } else {
        // Readers may follow links out of the page; the page itself fetches nothing.
        EXPECT_TRUE(name == "a" || target == "data:,") << name << " " << target;
      }
    }
    const std::string source = node.attribute("src").value();
    if (!source.empty()) {
      EXPECT_EQ(source.rfind("data:image/png;base64,", 0), 0U);
    }
    if (name == "img" || name == "svg") {
      EXPECT_FALSE(
          std::string(node.attribute(name == "img" ? "alt" : "aria-label").value()).empty());
    }
  }
  for (const std::string& target : targets) EXPECT_EQ(ids.count(target), 1U) << target;
  EXPECT_GE(targets.size(), 5U);
  EXPECT_THAT(text, Not(HasSubstr("@import")));
}

TEST_F(IndexPage, TheMostThoroughProfileStandsInFront) {
  publish("mini", "stand-in data");
  publish("reduced");
  const std::string text = page({"mini", "reduced"});
  const std::string row = text.substr(text.find("id=\"claim-small-gan-worse\""), 900);
  EXPECT_THAT(row, HasSubstr("href=\"#small-reduced\">reduced"));
  EXPECT_THAT(row, HasSubstr("href=\"#small-mini\">mini"));
  EXPECT_LT(text.find("<h3>Profile reduced"), text.find("<h3>Profile mini"));
  EXPECT_THAT(text, HasSubstr(kOneReproduced));
  // Where only stand-in data were used, the front table says so.
  EXPECT_THAT(page({"mini"}), HasSubstr(">mini</a> <span class=\"note\">stand-in data</span>"));
}

// What the most thorough profile did not measure is decided by one that did.
TEST_F(IndexPage, AProfileThatMeasuredTheClaimStandsInFront) {
  publish("mini");
  publish("reduced", "", [](ResultRecord& record) {
    core::MetricTable none;
    for (const core::Metric& metric : record.metrics.all()) {
      none.not_run(metric.id, metric.point, metric.unit, "left out");
    }
    record.metrics = none;
  });
  const std::string text = page({"mini", "reduced"});
  const std::string row = text.substr(text.find("id=\"claim-small-gan-worse\""), 900);
  EXPECT_THAT(row, HasSubstr("href=\"#small-mini\">mini</a>"));
  EXPECT_THAT(row, HasSubstr("href=\"#small-reduced\">reduced <span class=\"chip absent\">"));
  EXPECT_THAT(text, HasSubstr(kOneReproduced));
}

TEST_F(IndexPage, PublishedAndAbsentNumbersAreMarked) {
  publish("mini");
  const std::string text = page({"mini"});
  EXPECT_THAT(text, HasSubstr("<td class=\"paper\">6.3</td>"));
  EXPECT_THAT(text, HasSubstr("<td class=\"absent\">not run [1]</td>"));
  EXPECT_THAT(text, HasSubstr("Digits &lt;before&gt; &amp; &quot;after&quot;"));
}

TEST_F(IndexPage, AnExperimentWithoutResultsIsListedAsNotRun) {
  const std::string text = page({});
  EXPECT_THAT(text, HasSubstr("chip absent\">not run"));
  EXPECT_THAT(text, HasSubstr("make reproduce-small"));
}

TEST_F(IndexPage, AMissingDrawingIsNamed) {
  publish("mini");
  fs::remove(folder_ / "results/small/mini/plots/curves.svg");
  EXPECT_THAT(page({"mini"}), HasSubstr("plots/curves.svg is missing"));
}

TEST_F(IndexPage, EqualResultsGiveEqualBytes) {
  publish("mini");
  EXPECT_EQ(page({"mini"}), page({"mini"}));
}

// The committed page shows the committed results.
TEST(CommittedIndexPage, IsUpToDate) {
  const fs::path root = fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path();
  std::vector<ExperimentResults> experiments;
  for (const auto& entry : fs::directory_iterator(root / "experiments")) {
    if (!fs::exists(entry.path() / "experiment.toml")) continue;
    ExperimentResults experiment;
    experiment.card = core::load_card(entry.path());
    for (const char* profile : {"smoke", "mini", "reduced", "paper"}) {
      if (!is_published(profile)) continue;
      const fs::path folder = root / "results" / experiment.card.id / profile;
      if (!fs::exists(folder / "metrics.json")) continue;
      experiment.profiles.push_back(read_profile_results(experiment.card, folder));
    }
    experiments.push_back(std::move(experiment));
  }
  std::sort(experiments.begin(), experiments.end(),
            [](const auto& a, const auto& b) { return a.card.id < b.card.id; });
  const std::string page = core::read_file(root / "results/index.html");
  EXPECT_TRUE(page == index_page(experiments)) << "`make report` makes it anew";
  EXPECT_LT(page.size(), 5'000'000U);
}

TEST(InlineSvg, IdsAreItsOwn) {
  const std::string svg = inline_svg(
      "<svg width='4'> <g id='a'/>\n<use href='#a'/><g fill='url(#a)' mask='url(#a)'><path/></g>"
      "<g fill='none'>\n</g></svg>",
      "p", "a <label", "x.svg");
  EXPECT_EQ(svg,
            "<svg role=\"img\" aria-label=\"a &lt;label\"><g id=\"p-a\"/><use href=\"#p-a\"/>"
            "<g fill=\"url(#p-a)\" mask=\"url(#p-a)\"><path/></g></svg>");
}

TEST(InlineSvg, NothingThatActsOrFetchesIsTaken) {
  for (const char* bad :
       {"<svg><script>1</script></svg>", "<svg onload='x()'/>", "<svg><g onclick='x()'/></svg>",
        "<svg><use href='http://example.org/x'/></svg>", "<svg><image href='file.png'/></svg>",
        "<svg><g fill='url(http://example.org/x)'/></svg>", "<svg><foreignObject/></svg>",
        "<html/>", "", "<svg>"}) {
    EXPECT_THROW(inline_svg(bad, "p", "l", "x.svg"), core::Error) << bad;
  }
}

// What HTML parsers and browsers read otherwise than an XML parser does.
TEST(InlineSvg, WhatIsNotKnownToBeHarmlessIsRefused) {
  for (const char* bad : {"<svg OnLoad='x()'/>",
                          "<svg><Script>1</Script></svg>",
                          "<SVG/>",
                          "<svg><use xlink:HREF='javascript:x()'/></svg>",
                          "<svg><a href='#x'/></svg>",
                          "<svg><use href='data:image/png;base64,AA=='/></svg>",
                          "<svg><image href='data:image/svg+xml;base64,AA=='/></svg>",
                          "<svg><style>@import 'http://example.org'</style></svg>",
                          "<svg><img src='x'/></svg>",
                          "<svg><g><Desc><img src='x'/></Desc></g></svg>",
                          "<svg><g><desc><g/></desc></g></svg>",
                          "<svg><g><title><text/></title></g></svg>",
                          "<svg><g><title><svg/></title></g></svg>",
                          "<svg><set attributeName='href' to='javascript:x()'/></svg>",
                          "<svg><g fill='url(#x) url(http://example.org/x)'/></svg>",
                          "<svg><g fill='URL(http://example.org/x)'/></svg>",
                          "<svg><g style='fill: url( #x)'/></svg>",
                          "<svg><g style='fill: url(\"#x\")'/></svg>",
                          "<svg style='fill:none; background: red'/>",
                          "<svg style='position:fixed'/>",
                          "<svg style='fill: image-set(\"http://example.org/x\" 1x)'/>",
                          "<svg><g fill='expression(x())'/></svg>",
                          "<svg><g fill='u\\72l(x)'/></svg>",
                          "<svg><g style='@import x'/></svg>",
                          "<svg aria-label='x'/>",
                          "<svg xmlns='http://www.w3.org/1999/xhtml'/>",
                          "<svg><text><![CDATA[<p>]]></text></svg>"}) {
    SCOPED_TRACE(bad);
    EXPECT_ERSATZ_ERROR(inline_svg(bad, "p", "l", "x.svg"), core::ExitCode::kUntrustedData,
                        "x.svg");
  }
}

TEST(InlineSvg, WhatGnuplotWritesIsTaken) {
  EXPECT_EQ(inline_svg("<svg xmlns='http://www.w3.org/2000/svg'><title>t</title><desc>d</desc>"
                       "<g><title>a &lt;b></title>"
                       "<path style='stroke:none; fill :rgb( 1,2,3)' d='M0,0'/></g>"
                       "<text xml:space='preserve' style='filter:url(#box)'>a &lt; b</text>"
                       "<image xlink:href='data:image/png;base64,AA=='/></svg>",
                       "p", "l", "x.svg"),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"l\">"
            "<g><title>a &lt;b&gt;</title>"
            "<path style=\"stroke:none; fill :rgb( 1,2,3)\" d=\"M0,0\"/></g>"
            "<text xml:space=\"preserve\" style=\"filter:url(#p-box)\">a &lt; b</text>"
            "<image xlink:href=\"data:image/png;base64,AA==\"/></svg>");
}

// Rendered, these cover the page: transformations and filters of the outermost element are not
// clipped.
TEST(InlineSvg, ADrawingStaysInItsPlace) {
  for (const char* root : {"transform='scale(9)'", "filter='url(#f)'", "style='filter:url(#f)'",
                           "mask='url(#f)'", "opacity='0'", "class='note'", "x='4'"}) {
    SCOPED_TRACE(root);
    EXPECT_ERSATZ_ERROR(
        inline_svg(std::string("<svg ") + root + "><filter id='f'/></svg>", "p", "l", "x.svg"),
        core::ExitCode::kUntrustedData, "the drawing as a whole has the attribute");
  }
}

// Each symbol draws the one before it twice.
TEST(InlineSvg, SymbolsThatDoubleAreRefused) {
  const auto doubling = [](int steps) {
    std::string svg = "<svg><defs><g id='s0'><path/></g>";
    for (int i = 1; i <= steps; ++i) {
      svg += fmt::format("<g id='s{}'><use href='#s{}'/><use xlink:href='#s{}'/></g>", i, i - 1,
                         i - 1);
    }
    return inline_svg(svg + "</defs></svg>", "p", "l", "x.svg");
  };
  EXPECT_NE(doubling(10).find("p-s10"), std::string::npos);
  EXPECT_ERSATZ_ERROR(doubling(40), core::ExitCode::kUntrustedData, "repeats its symbols");
  EXPECT_ERSATZ_ERROR(inline_svg("<svg><g id='a'><use href='#a'/></g></svg>", "p", "l", "x.svg"),
                      core::ExitCode::kUntrustedData, "repeats a symbol in itself");
  std::string chain = "<svg><path id='s0'/>";
  for (int i = 1; i < 50'000; ++i) chain += fmt::format("<use id='s{}' href='#s{}'/>", i, i - 1);
  EXPECT_ERSATZ_ERROR(inline_svg(chain + "<use href='#s49999'/></svg>", "p", "l", "x.svg"),
                      core::ExitCode::kUntrustedData, "the drawing repeats");
}

// What is drawn through masks of masks multiplies like symbols of symbols.
TEST(InlineSvg, MasksAndPatternsThatMultiplyAreRefused) {
  for (const char* use : {"mask='url(#m{})'", "style='fill:url(#m{})'", "clip-path='url(#m{})'",
                          "filter='url(#m{})'"}) {
    const auto nested = [&](int steps) {
      std::string svg = "<svg><mask id='m0'><rect/></mask>";
      for (int i = 1; i <= steps; ++i) {
        const std::string rect =
            "<rect " + fmt::format(fmt::runtime(use), i - 1) + " width='9' height='9'/>";
        svg += fmt::format("<mask id='m{}'>{}{}{}{}</mask>", i, rect, rect, rect, rect);
      }
      return inline_svg(svg + "</svg>", "p", "l", "x.svg");
    };
    SCOPED_TRACE(use);
    EXPECT_NE(nested(4).find("p-m4"), std::string::npos);
    EXPECT_ERSATZ_ERROR(nested(12), core::ExitCode::kUntrustedData, "repeats its symbols");
  }
  EXPECT_ERSATZ_ERROR(
      inline_svg("<svg><mask id='m'><rect mask='url(#m)'/></mask></svg>", "p", "l", "x.svg"),
      core::ExitCode::kUntrustedData, "repeats a symbol in itself");
}

// A browser finds these names, though they are spelt in another way.
TEST(InlineSvg, NamesAreLettersAndDigits) {
  for (const char* element :
       {"<rect mask='url(#m )'/>", "<rect mask='url(#%6d)'/>", "<use href='#m '/>",
        "<use xlink:href='#%6d'/>", "<rect style='fill:url(#m\t)'/>", "<use href='#'/>",
        "<g id='m m'/>", "<g id=''/>"}) {
    SCOPED_TRACE(element);
    EXPECT_ERSATZ_ERROR(
        inline_svg(std::string("<svg><mask id='m'/>") + element + "</svg>", "p", "l", "x.svg"),
        core::ExitCode::kUntrustedData, "the name '");
  }
}

// Symbols in symbols, each deep in elements: together they are too deep to be followed, whether
// each is defined before those that use it or after them.
TEST(InlineSvg, DepthsOfSymbolsAddUp) {
  const auto drawing = [](int symbols, bool used_first) {
    std::string svg = "<path id='a0'/>";
    for (int i = 1; i < symbols; ++i) {
      std::string symbol = fmt::format("<g id='a{}'>", i);
      for (int k = 0; k < 18; ++k) symbol += "<g>";
      symbol += fmt::format("<use xlink:href='#a{}'/>", i - 1);
      for (int k = 0; k < 18; ++k) symbol += "</g>";
      symbol += "</g>";
      svg = used_first ? symbol + svg : svg + symbol;
    }
    return inline_svg("<svg>" + svg + "</svg>", "p", "l", "x.svg");
  };
  for (const bool used_first : {true, false}) {
    EXPECT_NE(drawing(20, used_first).find("a19"), std::string::npos);
    EXPECT_ERSATZ_ERROR(drawing(30, used_first), core::ExitCode::kUntrustedData,
                        "500 elements in one another");
  }
}

TEST(InlineSvg, DeepDrawingsAreRefused) {
  const auto nested = [](int depth, const std::string& outermost) {
    std::string svg = "<svg><" + outermost + ">";
    for (int i = 1; i < depth; ++i) svg += "<g>";
    svg += "a word";
    for (int i = 1; i < depth; ++i) svg += "</g>";
    return inline_svg(svg + "</" + outermost + "></svg>", "p", "l", "x.svg");
  };
  EXPECT_NE(nested(200, "g").find("a word"), std::string::npos);
  EXPECT_ERSATZ_ERROR(nested(201, "g"), core::ExitCode::kUntrustedData, "more than 200 elements");
  for (const char* outermost : {"g", "title"}) {
    EXPECT_ERSATZ_ERROR(nested(200'000, outermost), core::ExitCode::kUntrustedData, "x.svg");
  }
}

TEST(HtmlText, LargePicturesBecomeJpeg) {
  const test::TemporaryFolder folder;
  data::RgbImage image{300, 300, {}};
  core::Stream noise(1, "picture");
  for (int i = 0; i < 300 * 300 * 3; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(noise.uniform_double() * 256));
  }
  core::write_file_atomic(folder / "large.png", data::encode_png(image));
  image.width = image.height = 20;
  image.pixels.resize(20 * 20 * 3);
  core::write_file_atomic(folder / "small.png", data::encode_png(image));
  EXPECT_EQ(picture_uri(folder / "small.png"), data_uri(folder / "small.png"));
  const std::string large = picture_uri(folder / "large.png");
  EXPECT_EQ(large.rfind("data:image/jpeg;base64,/9j/", 0), 0U);
  EXPECT_LT(large.size(), data_uri(folder / "large.png").size());
}

TEST(HtmlText, EscapesAndEncodes) {
  EXPECT_EQ(escape("a<b>&\"'\n\x01ü"), "a&lt;b&gt;&amp;&quot;&#39;  ü");
  EXPECT_EQ(slug("corrected.original@55"), "corrected-original-55");
  test::TemporaryFolder folder;
  const std::pair<const char*, const char*> known[] = {
      {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
      {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};  // RFC 4648, section 10
  for (const auto& [bytes, encoded] : known) {
    core::write_file_atomic(folder / "x.png", bytes);
    EXPECT_EQ(data_uri(folder / "x.png"), std::string("data:image/png;base64,") + encoded);
  }
}

}  // namespace
}  // namespace ersatz::report::html
