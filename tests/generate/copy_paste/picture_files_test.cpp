#include "generate/copy_paste/picture_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "support/test_support.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using Files = std::vector<fs::path>;

// Nobody, for whom permissions count; those who are not root are that already.
class AsNobody {
 public:
  AsNobody() : was_(::geteuid()) {
    if (was_ == 0) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  ~AsNobody() {
    if (was_ == 0) {
      EXPECT_EQ(::seteuid(was_), 0);
    }
  }

 private:
  uid_t was_;
};

class PictureFiles : public ::testing::Test {
 protected:
  PictureFiles() {
    fs::permissions(folder_.path(), fs::perms(0755));
    for (const char* name : {"a.png", "b/c.PNG", "b/d/e.jpg", "z/y.png"}) write(name);
    for (const char* name : {"a.txt", ".hidden.png", "b/.hidden/f.png"}) write(name);
  }
  void write(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }
  Files files(const fs::path& left_out = {}) const {
    return picture_files(folder_.path(), {".png", ".jpg"}, left_out);
  }
  test::TemporaryFolder folder_;
};

TEST_F(PictureFiles, AreSortedAndHiddenOnesPassedOver) {
  EXPECT_EQ(files(), (Files{"a.png", "b/c.PNG", "b/d/e.jpg", "z/y.png"}));
  EXPECT_EQ(picture_files(folder_.path(), {".jpg"}), (Files{"b/d/e.jpg"}));
  fs::create_directory_symlink(folder_ / "b", folder_ / "link");
  fs::create_symlink(folder_ / "nowhere.png", folder_ / "dangling.png");
  EXPECT_EQ(files().size(), 4U);
  EXPECT_ERSATZ_ERROR(picture_files(folder_ / "none", {".png"}), ExitCode::kMissing, "no folder");
}

TEST_F(PictureFiles, AFolderThatCannotBeListedIsAnError) {
  fs::permissions(folder_ / "b/d", fs::perms::none);
  {
    const AsNobody nobody;
    EXPECT_ERSATZ_ERROR(files(), ExitCode::kUsage,
                        "cannot list " + (folder_ / "b/d").string() + ": Permission denied");
  }
  fs::permissions(folder_ / "b/d", fs::perms::owner_all);
}

TEST_F(PictureFiles, OfAFolderThatIsLeftOutAreNot) {
  EXPECT_EQ(files(folder_ / "b"), (Files{"a.png", "z/y.png"}));
  EXPECT_EQ(files(folder_ / "b/d/"), (Files{"a.png", "b/c.PNG", "z/y.png"}));
  EXPECT_EQ(files(folder_ / "new").size(), 4U);
  // By another name, and by a link to a file in it.
  const test::TemporaryFolder elsewhere;
  fs::create_directory_symlink(folder_ / "b", elsewhere / "link");
  EXPECT_EQ(files(elsewhere / "link"), (Files{"a.png", "z/y.png"}));
  fs::create_symlink(folder_ / "b/d/e.jpg", folder_ / "link.jpg");
  EXPECT_EQ(files(folder_ / "b"), (Files{"a.png", "z/y.png"}));
  EXPECT_EQ(files(folder_.path()), Files{});
}

TEST_F(PictureFiles, OfTheOutputFolderAreRefused) {
  fs::create_directory_symlink(folder_ / "b", folder_ / "link");
  for (const char* name : {"b", "b/", "b/d", "b/c.PNG", "link/d"}) {
    SCOPED_TRACE(name);
    EXPECT_ERSATZ_ERROR(require_outside(folder_ / name, folder_ / "b"), ExitCode::kUsage, "--out");
  }
  EXPECT_NO_THROW(require_outside(folder_ / "b", folder_ / "b/new/set"));
  EXPECT_NO_THROW(require_outside(folder_ / "b", folder_ / "bb"));
  EXPECT_NO_THROW(require_outside(folder_ / "a.png", folder_ / "b"));
}

TEST_F(PictureFiles, NamesThatAreNotUtf8AreNamed) {
  write("b/caf\xe9.png");
  EXPECT_ERSATZ_ERROR(files(), ExitCode::kUntrustedData, "b/caf\\xe9.png");
  EXPECT_EQ(files(folder_ / "b").size(), 2U);
}

}  // namespace
}  // namespace ersatz::generate
