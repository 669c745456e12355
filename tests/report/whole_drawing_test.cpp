#include "report/whole_drawing.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/file_system.h"
#include "report/report_fixture.h"
#include "report/results_writer.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;

// Drawn by gnuplot, and committed.
fs::path results() {
  return fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path() / "results";
}

TEST(WholeDrawing, TakesWhatGnuplotDraws) {
  int drawings = 0;
  for (const auto& entry : fs::recursive_directory_iterator(results())) {
    const fs::path& file = entry.path();
    if (file.parent_path().filename() != "plots") continue;
    if (file.extension() == ".svg") {
      EXPECT_TRUE(is_whole_svg(core::read_file(file))) << file;
    } else if (file.extension() == ".png") {
      EXPECT_TRUE(is_whole_png(core::read_file(file))) << file;
    } else {
      continue;
    }
    ++drawings;
  }
  EXPECT_GT(drawings, 10);
}

TEST(WholeDrawing, MissesTheEndWhereverItIsCut) {
  std::string svg = core::read_file(results() / "apples/mini/plots/curve.svg");
  while (svg.back() == '\n') svg.pop_back();
  const std::string png = core::read_file(results() / "apples/mini/plots/curve.png");
  for (std::size_t size = 0; size < svg.size(); size += size + 200 < svg.size() ? 13 : 1) {
    ASSERT_FALSE(is_whole_svg(svg.substr(0, size))) << size;
  }
  for (std::size_t size = 0; size < png.size(); size += size + 200 < png.size() ? 13 : 1) {
    ASSERT_FALSE(is_whole_png(png.substr(0, size))) << size;
  }
  EXPECT_FALSE(is_whole_png(png + "x"));
  EXPECT_FALSE(is_whole_svg(svg + svg));
}

TEST(WholeDrawing, MissesAPartInTheMiddle) {
  const std::string png = core::read_file(results() / "apples/mini/plots/curve.png");
  for (std::size_t at = 0; at + 4096 <= png.size(); at += 4096) {
    EXPECT_FALSE(is_whole_png(png.substr(0, at) + png.substr(at + 4096))) << at;
  }
  EXPECT_TRUE(is_whole_svg("<?xml?><!-- < --><svg a='1>2'><g><path d=\"M1\"/></g></svg>\n"));
  EXPECT_FALSE(is_whole_svg("<svg><g><path d='M1</g></svg>")) << "a value that goes on";
  EXPECT_FALSE(is_whole_svg("<svg><g><path d='M1'</svg>"));
  EXPECT_FALSE(is_whole_svg("<svg><g></svg>"));
  EXPECT_FALSE(is_whole_svg("<svg></g></svg>"));
  EXPECT_FALSE(is_whole_svg("<svg><!-- </svg>"));
  EXPECT_FALSE(is_whole_svg("text"));
}

// As gnuplot does on a full disk.
TEST(WholeDrawing, WhatIsNotWholeIsNotPublished) {
  test::TemporaryFolder folder;
  const fs::path program = folder / "gnuplot";
  core::write_file_atomic(program, "#!/bin/sh\nprintf '<svg><g>' > curves.svg; : > curves.png\n");
  fs::permissions(program, fs::perms::owner_all);
  setenv("ERSATZ_GNUPLOT", program.c_str(), 1);
  const WrittenResults written =
      write_results(test::small_card(), test::small_record(), folder / "results");
  unsetenv("ERSATZ_GNUPLOT");
  ASSERT_EQ(written.warnings.size(), 1U);
  EXPECT_NE(written.warnings[0].find("curves was not drawn"), std::string::npos)
      << written.warnings[0];
  EXPECT_TRUE(fs::exists(written.folder / "plots/curves.gp"));
  EXPECT_FALSE(fs::exists(written.folder / "plots/curves.svg"));
  EXPECT_FALSE(fs::exists(written.folder / "plots/curves.png"));
}

}  // namespace
}  // namespace ersatz::report
