#include "data/fetch/download.h"

#include <string>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/json.h"
#include "data/fetch/test_server.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using test::HttpConnection;
using test::HttpRequest;
using test::TestServer;

class DownloadTest : public ::testing::Test {
 protected:
  DownloadTest() { core::set_progress_mode(core::ProgressMode::kNone); }

  DownloadRequest request(const std::vector<std::string>& urls) const {
    return {urls, folder_ / "file", body_.size(), core::sha256_hex(body_)};
  }
  static DownloadOptions hasty() {
    DownloadOptions options;
    options.first_pause = std::chrono::milliseconds(1);
    options.transfer.stall_timeout = std::chrono::seconds(1);
    return options;
  }
  void expect_complete() const {
    EXPECT_EQ(core::read_file(folder_ / "file"), body_);
    EXPECT_EQ(files(), 1) << "nothing but the file should be left";
  }
  std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator());
  }

  test::TemporaryFolder folder_;
  std::string body_ = test::test_bytes(300'000);
};

TEST_F(DownloadTest, PlainFile) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "\"v1\"");
  });
  const DownloadResult result = download(request({server.url()}), hasty());
  EXPECT_EQ(result.url, server.url());
  expect_complete();
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(DownloadTest, ResumesAfterALostConnection) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "\"v1\"", asked.range_start() ? std::string::npos : 100'000);
  });
  download(request({server.url()}), hasty());
  expect_complete();
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[1].range_start(), 100'000u);
  EXPECT_EQ(requests[1].headers.at("if-range"), "\"v1\"");
}

TEST_F(DownloadTest, ResumesWithoutContentLengthAndValidator) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    if (asked.range_start()) {
      connection.send_file(asked, body_, "");
    } else {
      connection.send_head("200 OK", {});
      connection.send(body_.substr(0, 50'000));
    }
  });
  download(request({server.url()}), hasty());
  expect_complete();
}

TEST_F(DownloadTest, StartsAgainWhenTheServerIgnoresRange) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    HttpRequest whole = asked;
    whole.headers.erase("range");
    connection.send_file(whole, body_, "\"v1\"", asked.range_start() ? std::string::npos : 1000);
  });
  download(request({server.url()}), hasty());
  expect_complete();
}

TEST_F(DownloadTest, StartsAgainWhenTheFileChanged) {
  // The first answer is of an old version; the server honours If-Range.
  const std::string old = test::test_bytes(body_.size(), 2);
  int count = 0;
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    if (count++ == 0) {
      connection.send_file(asked, old, "\"v1\"", 1000);
    } else {
      connection.send_file(asked, body_, "\"v2\"");
    }
  });
  download(request({server.url()}), hasty());
  expect_complete();
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(DownloadTest, StartsAgainWhenIfRangeIsIgnored) {
  const std::string old = test::test_bytes(body_.size(), 2);
  int count = 0;
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    HttpRequest careless = asked;
    careless.headers.erase("if-range");
    if (count++ == 0) {
      connection.send_file(careless, old, "\"v1\"", 1000);
    } else {
      connection.send_file(careless, body_, "\"v2\"");
    }
  });
  download(request({server.url()}), hasty());
  expect_complete();
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_TRUE(requests[1].range_start());
  EXPECT_FALSE(requests[2].range_start());
}

TEST_F(DownloadTest, WeakValidatorsAreComparedButNotSent) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "W/\"v1\"", asked.range_start() ? std::string::npos : 1000);
  });
  download(request({server.url()}), hasty());
  expect_complete();
  EXPECT_EQ(server.requests()[1].headers.count("if-range"), 0u);
}

TEST_F(DownloadTest, TakesUpWhatAnEarlierProcessLeft) {
  core::write_file_atomic(folder_ / "file.part", body_.substr(0, 200'000));
  core::write_json(folder_ / "file.part.json", core::Json{{"url", "http://elsewhere.example/file"},
                                                          {"validator", "\"other\""},
                                                          {"size", body_.size()},
                                                          {"sha256", core::sha256_hex(body_)}});
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "\"v1\"");
  });
  download(request({server.url()}), hasty());
  expect_complete();
  EXPECT_EQ(server.requests()[0].range_start(), 200'000u);
  EXPECT_EQ(server.requests()[0].headers.count("if-range"), 0u) << "a validator of another server";
}

TEST_F(DownloadTest, ACompletePartNeedsNoServer) {
  core::write_file_atomic(folder_ / "file.part", body_);
  core::write_json(folder_ / "file.part.json", core::Json{{"url", "http://elsewhere.example/file"},
                                                          {"validator", ""},
                                                          {"size", body_.size()},
                                                          {"sha256", core::sha256_hex(body_)}});
  EXPECT_EQ(download(request({}), hasty()).url, "http://elsewhere.example/file");
  expect_complete();
}

TEST_F(DownloadTest, APartOfAnotherManifestIsDropped) {
  core::write_file_atomic(folder_ / "file.part", "something else");
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "\"v1\"");
  });
  download(request({server.url()}), hasty());
  expect_complete();
  EXPECT_FALSE(server.requests()[0].range_start());
}

TEST_F(DownloadTest, FollowsRedirects) {
  TestServer server([&](HttpConnection& connection, const HttpRequest& asked) {
    if (asked.path == "/file") {
      connection.send_head("302 Found", {"Location: /real", "Content-Length: 3"});
      connection.send("moo");
    } else {
      connection.send_file(asked, body_, "\"v1\"");
    }
  });
  download(request({server.url()}), hasty());
  expect_complete();
}

TEST_F(DownloadTest, SecondMirrorContinuesWhatTheFirstBegan) {
  TestServer first([&](HttpConnection& connection, const HttpRequest& asked) {
    if (asked.range_start()) {
      connection.send_status("404 Not Found");
    } else {
      connection.send_file(asked, body_, "\"a\"", 1000);
    }
  });
  TestServer second([&](HttpConnection& connection, const HttpRequest& asked) {
    connection.send_file(asked, body_, "\"b\"");
  });
  EXPECT_EQ(download(request({first.url(), second.url()}), hasty()).url, second.url());
  expect_complete();
  EXPECT_EQ(second.requests()[0].range_start(), 1000u);
}

}  // namespace
}  // namespace ersatz::data
