// `ersatz cutout` and `ersatz copy-paste` from end to end.
#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <tuple>

#include "cli/cli_fixture.h"
#include "core/file_system.h"
#include "core/json.h"
#include "data/images/image_file.h"
#include "data/images/jpeg_codec.h"
#include "data/images/png_codec.h"
#include "data/images/png_text.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;

// A red disc on white.
std::string photo(int side, double radius) {
  data::RgbImage image{side, side, {}};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const bool inside = std::hypot(x + 0.5 - side / 2.0, y + 0.5 - side / 2.0) < radius;
      for (const int value :
           {inside ? 200 - x / 2 : 255, inside ? 30 + y / 2 : 255, inside ? 20 : 255}) {
        image.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return data::encode_jpeg(image, 92);
}

class CutAndPaste : public ::testing::Test {
 protected:
  CutAndPaste() {
    for (const char* name : {"kiwi/a", "kiwi/b", "orange/a"}) {
      write(fmt::format("photos/{}.jpg", name), photo(60, 18 + (name[5] == 'b' ? 4 : 0)));
    }
    for (int i = 0; i < 3; ++i) {
      data::RgbImage scene{120, 90 + i, {}};
      for (int p = 0; p < 120 * (90 + i) * 3; ++p) {
        scene.pixels.push_back(static_cast<std::uint8_t>(p / 7 + 50 * i));
      }
      write(fmt::format("scenes/{}.png", i), data::encode_png(scene));
    }
  }
  void write(const std::string& path, const std::string& bytes) const {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << bytes;
  }
  CommandResult run(const std::string& arguments) const {
    std::string line = arguments;
    for (std::size_t at; (at = line.find('@')) != std::string::npos;) {
      line.replace(at, 1, folder_.path().string());
    }
    return ersatz_here(line + " --progress none");
  }
  void cut() const {
    const CommandResult result = run("cutout @/photos --method white --out @/cutouts");
    ASSERT_EQ(result.exit_status, 0) << result.errors;
  }
  TemporaryFolder folder_;
};

TEST_F(CutAndPaste, FromPhotosToADataSet) {
  const CommandResult cut = run("cutout @/photos --method white --out @/cutouts");
  EXPECT_EQ(cut.exit_status, 0) << cut.errors;
  EXPECT_NE(cut.output.find("3 cut-outs"), std::string::npos) << cut.output;
  const data::RgbaImage cut_out = data::read_rgba_image(folder_ / "cutouts/kiwi/b.png");
  EXPECT_NEAR(cut_out.width, 44, 2);
  EXPECT_NEAR(cut_out.height, 44, 2);
  EXPECT_TRUE(fs::exists(folder_ / "cutouts/contact_sheet.png"));
  const Json record = core::read_json(folder_ / "cutouts/cutouts.json");
  ASSERT_EQ(record.at("cutouts").size(), 3u);
  const Json& one = record.at("cutouts").at(1);
  EXPECT_EQ(one.at("photo").at("name"), "kiwi/b.jpg");
  EXPECT_EQ(one.at("making").at("method"), "white");
  EXPECT_EQ(one.at("cutout").at("file"), "kiwi/b.png");
  // The PNG tells the same.
  const fs::path png = folder_ / "cutouts/kiwi/b.png";
  const Json text = Json::parse(data::png_texts(core::read_file(png), png).at("ersatz"));
  EXPECT_EQ(text.at("photo"), one.at("photo"));

  const CommandResult paste = run(
      "copy-paste --masks @/cutouts --backgrounds @/scenes --count 6 --seed 3 --out @/set --json");
  EXPECT_EQ(paste.exit_status, 0) << paste.errors;
  const Json summary = Json::parse(paste.output);
  EXPECT_EQ(summary.at("images"), 12);
  EXPECT_EQ(summary.at("complete"), true);
  EXPECT_TRUE(fs::exists(folder_ / "set/images/orange/00005.png"));
  EXPECT_EQ(core::read_json(folder_ / "set/annotations/instances.json").at("images").size(), 12u);
  const CommandResult again =
      run("copy-paste --masks @/cutouts --backgrounds @/scenes --count 6 --seed 3 --out @/set");
  EXPECT_EQ(again.exit_status, 0) << again.errors;
  EXPECT_NE(again.output.find("12 of 12 were there already"), std::string::npos) << again.output;
}

TEST_F(CutAndPaste, TheSameCommandMakesTheSameBytes) {
  cut();
  const std::string before = core::read_file(folder_ / "cutouts/kiwi/a.png");
  const std::string sheet = core::read_file(folder_ / "cutouts/contact_sheet.png");
  cut();
  EXPECT_EQ(core::read_file(folder_ / "cutouts/kiwi/a.png"), before);
  EXPECT_EQ(core::read_file(folder_ / "cutouts/contact_sheet.png"), sheet);
  const CommandResult other =
      run("cutout @/photos --method white --tolerance 40 --out @/cutouts --threads 1");
  EXPECT_EQ(other.exit_status, 2);
  EXPECT_NE(other.errors.find("a.png is in the way"), std::string::npos) << other.errors;
  EXPECT_EQ(core::read_file(folder_ / "cutouts/kiwi/a.png"), before);
  EXPECT_EQ(
      run("cutout @/photos --method white --tolerance 40 --out @/cutouts --overwrite").exit_status,
      0);
}

TEST_F(CutAndPaste, PhotosThatFailAreNamedAndTheOthersWritten) {
  write("photos/kiwi/c.jpg", "no picture");
  write("photos/kiwi/d.jpg", photo(60, 0));
  const CommandResult result = run("cutout @/photos --method white --out @/cutouts");
  EXPECT_EQ(result.exit_status, 30);
  const std::size_t named = result.errors.find("c.jpg: ");
  ASSERT_NE(named, std::string::npos) << result.errors;
  EXPECT_EQ(result.errors.find("c.jpg: ", named + 1), std::string::npos) << result.errors;  // once
  EXPECT_NE(result.errors.find("d.jpg: nothing stands out"), std::string::npos) << result.errors;
  EXPECT_NE(result.output.find("3 cut-outs, 2 photos failed"), std::string::npos) << result.output;
  EXPECT_TRUE(fs::exists(folder_ / "cutouts/orange/a.png"));
  EXPECT_FALSE(fs::exists(folder_ / "cutouts/kiwi/d.png"));
  EXPECT_EQ(core::read_json(folder_ / "cutouts/cutouts.json").at("failed").size(), 2u);
}

TEST_F(CutAndPaste, BoxesOfAFileMakeSeveralCutOutsOfAPhoto) {
  write("boxes.csv",
        "file,x,y,width,height,class\nkiwi/a.jpg,8,8,44,44,fruit\nkiwi/a.jpg,10,10,41,41,fruit\n"
        "orange/a.jpg,8,8,44,44\n");
  const CommandResult result =
      run("cutout @/photos --method grabcut --boxes @/boxes.csv --out @/cutouts");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  for (const char* file : {"fruit/a_1.png", "fruit/a_2.png", "orange/a.png"}) {
    EXPECT_TRUE(fs::exists(folder_ / "cutouts" / file)) << file;
  }
  EXPECT_NE(result.errors.find("1 photos have no box"), std::string::npos) << result.errors;
  write("boxes.csv", "kiwi/z.jpg,8,8,44,44\n");
  EXPECT_EQ(run("cutout @/photos --method grabcut --boxes @/boxes.csv --out @/more").exit_status,
            40);
}

TEST_F(CutAndPaste, TwoCutOutsOfOneNameAreRefused) {
  const CommandResult result = run("cutout @/photos --method white --class fruit --out @/cutouts");
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_NE(result.errors.find("would both be fruit/a.png"), std::string::npos) << result.errors;
  EXPECT_FALSE(fs::exists(folder_ / "cutouts"));
}

TEST_F(CutAndPaste, CallsIntoOneFolderKeepEachOthersRecords) {
  const auto files = [&] {
    std::vector<std::string> names;
    const Json record = core::read_json(folder_ / "cutouts/cutouts.json");
    for (const Json& one : record.at("cutouts")) names.push_back(one["cutout"]["file"]);
    return names;
  };
  using Names = std::vector<std::string>;
  const auto cut = [&](const std::string& arguments) {
    const CommandResult result = run("cutout " + arguments + " --method white --out @/cutouts");
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    return result.output;
  };
  cut("@/photos");
  EXPECT_NE(cut("@/photos/kiwi/b.jpg --class pear").find("1 cut-outs"), std::string::npos);
  EXPECT_EQ(files(), (Names{"kiwi/a.png", "kiwi/b.png", "orange/a.png", "pear/b.png"}));
  const std::string record = core::read_file(folder_ / "cutouts/cutouts.json");
  cut("@/photos");
  EXPECT_EQ(core::read_file(folder_ / "cutouts/cutouts.json"), record);
  // What is gone or was edited has no record.
  fs::remove(folder_ / "cutouts/kiwi/b.png");
  write("cutouts/pear/b.png", "mine");
  cut("@/photos --count 1");
  EXPECT_EQ(files(), (Names{"kiwi/a.png", "orange/a.png"}));
}

TEST_F(CutAndPaste, ForeignFilesAndPhotosAreNotReplaced) {
  const auto refused = [&](const std::string& arguments, const std::string& text) {
    const CommandResult result = run("cutout " + arguments + " --method white");
    EXPECT_EQ(result.exit_status, 2) << arguments << result.errors;
    EXPECT_NE(result.errors.find(text), std::string::npos) << result.errors;
  };
  const std::string drawing = core::read_file(folder_ / "scenes/1.png");
  write("mine/contact_sheet.png", drawing);
  refused("@/photos --out @/mine", "contact_sheet.png is in the way");
  EXPECT_EQ(core::read_file(folder_ / "mine/contact_sheet.png"), drawing);
  EXPECT_FALSE(fs::exists(folder_ / "mine/kiwi"));
  EXPECT_EQ(run("cutout @/photos --out @/mine --method white --sheet 0").exit_status, 0);
  EXPECT_EQ(core::read_file(folder_ / "mine/contact_sheet.png"), drawing);
  for (const char* text : {R"({"format": 1, "mine": []})", "my list", "[1]"}) {
    write("yours/cutouts.json", text);
    refused("@/photos --out @/yours", "cutouts.json is in the way");
    EXPECT_EQ(core::read_file(folder_ / "yours/cutouts.json"), text);
  }
  EXPECT_EQ(run("cutout @/photos --out @/yours --method white --overwrite").exit_status, 0);
  EXPECT_EQ(core::read_json(folder_ / "yours/cutouts.json").at("cutouts").size(), 3U);

  // Photos whose cut-outs would have the sheet's name, or their own.
  write("flat/contact_sheet.jpg", photo(60, 18));
  refused("@/flat --out @/new", "the cut-out of " + (folder_ / "flat/contact_sheet.jpg").string());
  refused("@/photos --class cutouts.json --out @/new", "cutouts.json/a.png");
  EXPECT_FALSE(fs::exists(folder_ / "new"));
  EXPECT_EQ(run("cutout @/flat --method white --class x --out @/new").exit_status, 0);
  const std::string png = data::encode_png(data::read_image(folder_ / "photos/kiwi/a.jpg"));
  write("flat/one.png", png);
  fs::create_directory_symlink(folder_ / "flat", folder_ / "link");
  for (const char* out : {"@/flat", "@/link"}) {
    refused(std::string("@/flat/one.png --overwrite --out ") + out, "would replace the photo");
    refused(std::string("@/flat --overwrite --out ") + out, "flat lies in the folder of --out");
  }
  EXPECT_EQ(core::read_file(folder_ / "flat/one.png"), png);
}

TEST_F(CutAndPaste, WhatIsWrittenIsNoPictureOfTheNextCall) {
  for (int time = 0; time < 2; ++time) {
    const CommandResult cut = run("cutout @/photos --method white --out @/photos/cut");
    EXPECT_EQ(cut.exit_status, 0) << cut.errors;
    EXPECT_NE(cut.output.find("3 cut-outs"), std::string::npos) << cut.output;
  }
  for (const char* out : {"scenes/set", "photos/cut/set"}) {
    for (int time = 0; time < 2; ++time) {
      const CommandResult paste = run(
          std::string("copy-paste --masks @/photos/cut --backgrounds @/scenes --count 4 --out @/") +
          out);
      EXPECT_EQ(paste.exit_status, 0) << paste.errors;
      EXPECT_NE(paste.output.find("8 images"), std::string::npos) << paste.output;
    }
    fs::remove_all(folder_ / out);
  }
  for (const char* line : {"--masks @/photos/cut --backgrounds @/scenes --out @/scenes",
                           "--masks @/photos/cut --backgrounds @/scenes --out @/photos"}) {
    const CommandResult within = run(std::string("copy-paste ") + line);
    EXPECT_EQ(within.exit_status, 2) << line;
    EXPECT_NE(within.errors.find("lies in the folder of --out"), std::string::npos) << line;
  }
}

TEST_F(CutAndPaste, NamesThatAreNotUtf8AreNamed) {
  cut();
  const auto refused = [&](const std::string& line, int status) {
    const CommandResult result = run(line);
    EXPECT_EQ(result.exit_status, status) << line << result.errors;
    EXPECT_NE(result.errors.find("caf\\xe9"), std::string::npos) << result.errors;
  };
  refused("copy-paste --masks @/cutouts --backgrounds @/scenes --json --out @/caf\xe9", 2);
  refused("cutout @/photos --method white --json --out @/caf\xe9", 2);
  refused("cutout @/photos/orange --class caf\xe9 --method white --out @/new", 2);
  write("photos/kiwi/caf\xe9.jpg", photo(60, 18));
  refused("cutout @/photos --method white --out @/new", 30);
  refused("cutout @/photos/kiwi/caf\xe9.jpg --method white --out @/new", 30);
  write("scenes/caf\xe9.png", "x");
  refused("copy-paste --masks @/cutouts --backgrounds @/scenes --out @/set", 30);
  fs::remove(folder_ / "scenes/caf\xe9.png");
  fs::copy(folder_ / "cutouts/kiwi", folder_ / "cutouts/caf\xe9");
  refused("copy-paste --masks @/cutouts --backgrounds @/scenes --out @/set", 30);
  EXPECT_FALSE(fs::exists(folder_ / "set"));
  EXPECT_FALSE(fs::exists(folder_ / "new"));
}

TEST_F(CutAndPaste, SomePhotosOfEachFolder) {
  for (int i = 0; i < 8; ++i) {
    write(fmt::format("photos/kiwi/x{}.jpg", i), photo(60, 18));
  }
  EXPECT_EQ(run("cutout @/photos --method white --count 2 --out @/cutouts").exit_status, 0);
  // a, b, x0..x7: the first of each half.
  EXPECT_TRUE(fs::exists(folder_ / "cutouts/kiwi/a.png"));
  EXPECT_TRUE(fs::exists(folder_ / "cutouts/kiwi/x3.png"));
  EXPECT_FALSE(fs::exists(folder_ / "cutouts/kiwi/b.png"));
  EXPECT_TRUE(fs::exists(folder_ / "cutouts/orange/a.png"));
}

TEST_F(CutAndPaste, MistakesHaveTheirExitCodes) {
  cut();
  const std::string base = "copy-paste --masks @/cutouts --backgrounds @/scenes --out @/set ";
  const auto fails = [&](const std::string& arguments, int status, const std::string& text) {
    SCOPED_TRACE(arguments);
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.exit_status, status) << result.errors;
    EXPECT_NE(result.errors.find(text), std::string::npos) << result.errors;
    EXPECT_FALSE(fs::exists(folder_ / "set"));
  };
  fails(base + "--mode robofow", 2, "did you mean 'roboflow'?");
  fails(base + "--masks-per-class 3", 40, "class 'kiwi' has 2 cut-outs, 3 are asked for");
  fails(base + "--classes kiwi,pear", 40, "no class 'pear'");
  fails("copy-paste --masks @/cutouts --backgrounds @/none --out @/set", 40, "none");
  fs::create_directories(folder_ / "empty");
  fails("copy-paste --masks @/cutouts --backgrounds @/empty --out @/set", 40,
        "there is no background");
  data::RgbImage small{30, 30, std::vector<std::uint8_t>(30 * 30 * 3, 7)};
  write("scenes/small.png", data::encode_png(small));
  fails(base, 2, "is larger than background small.png (30 x 30 px)");
  EXPECT_EQ(run(base + "--mode published --count 2").exit_status, 0);
  fs::remove_all(folder_ / "set");
  fs::remove(folder_ / "scenes/small.png");
  write("cutouts/kiwi/opaque.png", data::encode_png(small));
  fails(base, 30, "opaque.png");
  fs::remove(folder_ / "cutouts/kiwi/opaque.png");
  const std::string scene = core::read_file(folder_ / "scenes/1.png");
  write("scenes/1.png", scene.substr(0, scene.size() - 40));
  fails(base + "--count 20", 30, "1.png");
}

// What the completion offers is taken, and what it does not is refused.
TEST_F(CutAndPaste, WordsThatAreOfferedAreTaken) {
  for (const auto& [command, option, line] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"cutout", "--method", "cutout @/nowhere --box 0,0,1,1 --out @/out"},
           {"cutout", "--shape", "cutout @/nowhere --method grabcut --box 0,0,1,1 --out @/out"},
           {"copy-paste", "--mode", "copy-paste --masks @/no --backgrounds @/no --out @/out"},
           {"copy-paste", "--scale-of",
            "copy-paste --masks @/no --backgrounds @/no --mode roboflow --out @/out"},
           {"copy-paste", "--format", "copy-paste --masks @/no --backgrounds @/no --out @/out"}}) {
    const std::vector<std::string> words = offered_values(command, option);
    EXPECT_GE(words.size(), 2U) << option;
    for (const std::string& word : words) {
      EXPECT_EQ(run(line + " " + option + " " + word).errors.find("unknown"), std::string::npos)
          << option << ' ' << word;
    }
    const CommandResult refused = run(line + " " + option + " zz");
    EXPECT_EQ(refused.exit_status, 2) << option;
    EXPECT_NE(refused.errors.find("'zz'"), std::string::npos) << refused.errors;
  }
}

TEST_F(CutAndPaste, DryRunsPrintTheRecipeAndWriteNothing) {
  cut();
  const CommandResult result =
      run("copy-paste --masks @/cutouts --backgrounds @/scenes --out @/set --seed 9 --dry-run");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  EXPECT_EQ(Json::parse(result.output).at("seed"), 9);
  EXPECT_FALSE(fs::exists(folder_ / "set"));
}

}  // namespace
}  // namespace ersatz::test
