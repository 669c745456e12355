// What must not become a file, and what must survive a crash.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/signals.h"
#include "data/fetch/download.h"
#include "data/fetch/part_file.h"
#include "data/fetch/test_server.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using test::HttpConnection;
using test::HttpRequest;
using test::TestServer;

class DownloadFault : public ::testing::Test {
 protected:
  DownloadFault() { core::set_progress_mode(core::ProgressMode::kNone); }

  DownloadRequest request(const std::vector<std::string>& urls) const {
    return {urls, folder_ / "file", body_.size(), core::sha256_hex(body_)};
  }
  static DownloadOptions hasty() {
    DownloadOptions options;
    options.first_pause = std::chrono::milliseconds(1);
    options.transfer.stall_timeout = std::chrono::seconds(1);
    return options;
  }
  void expect_nothing_kept() const { EXPECT_TRUE(fs::is_empty(folder_.path())); }

  // Runs a download in a child process, which ends as the program would. Returns its wait status.
  int in_child(const DownloadRequest& wanted, int signal_to_send) const {
    const pid_t child = ::fork();
    if (child == 0) {
      core::install_signal_handlers();
      try {
        download(wanted, DownloadOptions());
        ::_exit(0);
      } catch (const core::Error& error) {
        ::_exit(error.exit_status());
      }
    }
    for (int i = 0; i < 500 && !part_has_bytes(); ++i) ::usleep(10'000);
    ::usleep(100'000);
    ::kill(child, signal_to_send);
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }
  bool part_has_bytes() const {
    std::error_code error;
    return fs::file_size(folder_ / "file.part", error) >= 120'000 && !error;
  }

  test::TemporaryFolder folder_;
  std::string body_ = test::test_bytes(300'000);
};

TEST_F(DownloadFault, CorruptedBytesOfTheRightSize) {
  std::string corrupted = body_;
  corrupted[150'000] ^= 1;
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, corrupted, "\"v1\"");
  });
  EXPECT_ERSATZ_ERROR(download(request({server.url()}), hasty()), ExitCode::kDigestMismatch,
                      core::sha256_hex(body_));
  EXPECT_EQ(server.requests().size(), 2u) << "one more try, and no more";
  EXPECT_ERSATZ_ERROR(download(request({server.url()}), hasty()), ExitCode::kDigestMismatch,
                      core::sha256_hex(corrupted));
  expect_nothing_kept();
}

TEST_F(DownloadFault, CorruptedOnceIsForgiven) {
  int count = 0;
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, count++ == 0 ? test::test_bytes(body_.size(), 9) : body_, "");
  });
  EXPECT_EQ(download(request({server.url()}), hasty()).url, server.url());
}

TEST_F(DownloadFault, CorruptedMirrorIsLeftForTheNext) {
  TestServer bad([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, test::test_bytes(body_.size(), 9), "");
  });
  TestServer good([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "");
  });
  EXPECT_EQ(download(request({bad.url(), good.url()}), hasty()).url, good.url());
  EXPECT_EQ(core::read_file(folder_ / "file"), body_);
}

TEST_F(DownloadFault, WrongLength) {
  for (const bool declared : {true, false}) {
    for (const int difference : {-1, 1}) {
      SCOPED_TRACE(difference);
      const std::string other =
          test::test_bytes(static_cast<std::size_t>(static_cast<int>(body_.size()) + difference));
      TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
        if (declared) {
          connection.send_file(asked, other, "\"v1\"");
        } else if (asked.range_start()) {
          connection.send_status("416 Range Not Satisfiable");
        } else {
          connection.send_head("200 OK", {});
          connection.send(other);
        }
      });
      if (!declared && difference < 0) {
        // Without a length this cannot be told from a lost connection.
        EXPECT_EQ(download(request({server.url()}), hasty()).url, "");
        core::remove_tree(folder_ / "file.part");
        core::remove_tree(folder_ / "file.part.json");
      } else {
        EXPECT_ERSATZ_ERROR(download(request({server.url()}), hasty()), ExitCode::kDigestMismatch,
                            "expected 300000 bytes");
      }
      expect_nothing_kept();
    }
  }
}

TEST_F(DownloadFault, EmptyAnswer) {
  TestServer server(
      [](HttpConnection& connection, const HttpRequest&) { connection.send_status("200 OK"); });
  EXPECT_ERSATZ_ERROR(download(request({server.url()}), hasty()), ExitCode::kDigestMismatch,
                      "0 bytes");
  expect_nothing_kept();
}

TEST_F(DownloadFault, ServerErrorsAreRetriedTwice) {
  int failures = 2;
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    if (failures-- > 0) {
      connection.send_status("503 Service Unavailable", "later");
    } else {
      connection.send_file(asked, body_, "");
    }
  });
  EXPECT_EQ(download(request({server.url()}), hasty()).url, server.url());
  EXPECT_EQ(server.requests().size(), 3u);

  core::remove_tree(folder_ / "file");
  failures = 3;
  const DownloadResult result = download(request({server.url()}), hasty());
  EXPECT_EQ(result.url, "");
  EXPECT_THAT(result.tried, ::testing::ElementsAre(server.url() + ": HTTP status 503"));
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST_F(DownloadFault, AbsentFileIsNotRetried) {
  TestServer server([](HttpConnection& connection, const HttpRequest&) {
    connection.send_status("404 Not Found", "<html>not the file</html>");
  });
  const DownloadResult result = download(request({server.url()}), hasty());
  EXPECT_THAT(result.tried, ::testing::ElementsAre(server.url() + ": HTTP status 404"));
  EXPECT_EQ(server.requests().size(), 1u);
  expect_nothing_kept();
}

TEST_F(DownloadFault, AStalledTransferIsGivenUpAndResumed) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "\"v1\"", asked.range_start() ? std::string::npos : 1000);
    if (!asked.range_start()) connection.stall();
  });
  EXPECT_EQ(download(request({server.url()}), hasty()).url, server.url());
  EXPECT_EQ(server.requests()[1].range_start(), 1000u);
}

TEST_F(DownloadFault, OtherProtocolsAreRefused) {
  core::write_file_atomic(folder_ / "secret", body_);
  const std::string secret = "file://" + (folder_ / "secret").string();
  TestServer server([&](HttpConnection& connection, const HttpRequest&) {
    connection.send_head("302 Found", {"Location: " + secret, "Content-Length: 0"});
  });
  const DownloadResult result = download(request({server.url(), secret}), hasty());
  EXPECT_EQ(result.url, "");
  ASSERT_EQ(result.tried.size(), 2u);
  EXPECT_THAT(result.tried[0], ::testing::HasSubstr("\"file\""));
  EXPECT_THAT(result.tried[1], ::testing::HasSubstr("\"file\""));
  EXPECT_FALSE(fs::exists(folder_ / "file"));
}

TEST_F(DownloadFault, RedirectLoopsEnd) {
  TestServer server([](HttpConnection& connection, const HttpRequest&) {
    connection.send_head("302 Found", {"Location: /file", "Content-Length: 0"});
  });
  EXPECT_EQ(download(request({server.url()}), hasty()).url, "");
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST_F(DownloadFault, NoServerAtAll) {
  std::string url;
  {
    TestServer server([](HttpConnection&, const HttpRequest&) {});
    url = server.url();
  }
  const DownloadResult result = download(request({url}), hasty());
  ASSERT_EQ(result.tried.size(), 1u);
  EXPECT_THAT(result.tried[0], ::testing::HasSubstr("Failed to connect"));
}

TEST_F(DownloadFault, AFileLargerThanTheDiskIsNotBegun) {
  DownloadRequest wanted = request({"http://127.0.0.1:9/file"});
  wanted.size = std::uint64_t{1} << 60;
  EXPECT_ERSATZ_ERROR(download(wanted, hasty()), ExitCode::kDiskFull, "are free there");
  expect_nothing_kept();
}

TEST_F(DownloadFault, AFullDiskIsExit50) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    // Every write to this device fails with ENOSPC. It appears when the response is under way, as
    // what lies there before is removed.
    fs::create_symlink("/dev/full", folder_ / "file.part");
    connection.send_file(asked, body_, "\"v1\"");
  });
  EXPECT_ERSATZ_ERROR(download(request({server.url()}), hasty()), ExitCode::kDiskFull, "file.part");
}

TEST_F(DownloadFault, KilledDownloadIsResumed) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "\"v1\"", asked.range_start() ? std::string::npos : 120'000);
    if (!asked.range_start()) connection.stall();
  });
  const int status = in_child(request({server.url()}), SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(fs::exists(folder_ / "file"));
  EXPECT_EQ(download(request({server.url()}), hasty()).url, server.url());
  EXPECT_EQ(core::read_file(folder_ / "file"), body_);
  EXPECT_EQ(server.requests().back().range_start(), 120'000u);
}

TEST_F(DownloadFault, InterruptKeepsThePart) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "\"v1\"", 120'000);
    connection.stall();
  });
  const int status = in_child(request({server.url()}), SIGINT);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_EQ(fs::file_size(folder_ / "file.part"), 120'000u);
  EXPECT_TRUE(fs::exists(folder_ / "file.part.json"));
}

}  // namespace
}  // namespace ersatz::data
