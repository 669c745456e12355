#include "data/fetch/http_transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/signals.h"

namespace ersatz::data {
namespace {

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct ContentRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> total;  // absent for "*"
};

// "bytes 100-199/200" (RFC 9110, 14.4).
std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (text.substr(0, kUnit.size()) != kUnit) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto dash = text.find('-'), slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos) return std::nullopt;
  const auto first = parse_number(text.substr(0, dash));
  if (!first) return std::nullopt;
  return ContentRange{*first, parse_number(text.substr(slash + 1))};
}

class Transfer {
 public:
  Transfer(const std::string& url, PartFile& part, const TransferOptions& options,
           core::Progress& progress)
      : url_(url),
        part_(part),
        progress_(progress),
        offset_(part.size()),
        stall_timeout_(options.stall_timeout),
        last_arrival_(std::chrono::steady_clock::now()) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    handle_.reset(initialised == CURLE_OK ? curl_easy_init() : nullptr);
    if (handle_ == nullptr) throw std::bad_alloc();
    configure(options);
  }

  TransferResult run() {
    const CURLcode code = curl_easy_perform(handle_.get());
    if (error_) std::rethrow_exception(error_);
    if (code == CURLE_ABORTED_BY_CALLBACK) {
      core::stop_point();
      if (stalled_) return {TransferStatus::kDropped, "nothing arrived any more"};
    }
    // An empty body never reaches on_body.
    if (code == CURLE_OK && !started_) accept_response();
    if (verdict_) return finish(*verdict_);
    return finish(classify(code));
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_.get(), option, value);
  }

  void configure(const TransferOptions& options) {
    set(CURLOPT_URL, url_.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    set(CURLOPT_PROTOCOLS, long{CURLPROTO_HTTP | CURLPROTO_HTTPS});
    set(CURLOPT_REDIR_PROTOCOLS, long{CURLPROTO_HTTP | CURLPROTO_HTTPS});
#endif
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, 5L);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "ersatz/0.1");
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_ERRORBUFFER, message_.data());
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    if (offset_ == 0) return;
    range_ = fmt::format("{}-", offset_);
    set(CURLOPT_RANGE, range_.c_str());
    // A weak validator may not be used here; then only on response the values are compared.
    const std::string& validator = part_.validator();
    if (part_.url() == url_ && !validator.empty() && validator.rfind("W/", 0) != 0) {
      request_headers_.reset(curl_slist_append(nullptr, ("If-Range: " + validator).c_str()));
      set(CURLOPT_HTTPHEADER, request_headers_.get());
    }
  }

  // Called at least once a second. Only polls: exceptions are thrown outside of curl's C frames.
  // (curl's own low-speed limit averages over seconds, and so notices a stall late.)
  static int on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (received != transfer.received_) {
      transfer.received_ = received;
      transfer.last_arrival_ = now;
    }
    transfer.stalled_ = now - transfer.last_arrival_ > transfer.stall_timeout_;
    return transfer.stalled_ || core::pending_signal() != 0 ? 1 : 0;
  }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self) {
    auto& headers = static_cast<Transfer*>(self)->headers_;
    const std::string_view line(bytes, size);
    if (line.substr(0, 5) == "HTTP/") headers.clear();  // a redirect's headers do not count
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const std::string_view value = line.substr(colon + 1);
    const auto begin = value.find_first_not_of(" \t"), end = value.find_last_not_of(" \t\r\n");
    headers[name] = begin == std::string_view::npos || end < begin
                        ? std::string()
                        : std::string(value.substr(begin, end - begin + 1));
    return size;
  }

  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      return transfer.take(bytes, size) ? size : 0;
    } catch (...) {
      transfer.error_ = std::current_exception();
      return 0;
    }
  }

  bool take(const char* bytes, std::size_t size) {
    if (!started_) accept_response();
    if (verdict_) return false;
    if (size > part_.expected_size() - part_.size()) {
      verdict_ = TransferResult{TransferStatus::kWrongContent,
                                fmt::format("more than {} bytes", part_.expected_size())};
      return false;
    }
    part_.append(bytes, size);
    progress_.set(static_cast<std::int64_t>(part_.size()));
    return true;
  }

  std::string header(const std::string& name) const {
    const auto found = headers_.find(name);
    return found == headers_.end() ? std::string() : found->second;
  }

  // Reads status and headers before the first byte is believed; sets verdict_ to stop.
  void accept_response() {
    started_ = true;
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    const std::string validator = header("etag").empty() ? header("last-modified") : header("etag");
    std::optional<std::uint64_t> length;
    if (status == 200) {
      length = parse_number(header("content-length"));
      // The server ignores Range, or the file changed since (If-Range).
      if (offset_ > 0) part_.discard();
    } else if (status == 206 && offset_ > 0) {
      const auto range = parse_content_range(header("content-range"));
      const bool same_server = part_.url() == url_;
      if (!range || range->first != offset_) {
        verdict_ = TransferResult{TransferStatus::kRestarted, "a range that was not asked for"};
      } else if (same_server && validator != part_.validator()) {
        verdict_ = TransferResult{TransferStatus::kRestarted, "the file on the server changed"};
      } else {
        length = range->total;
      }
    } else {
      verdict_ = TransferResult{TransferStatus::kFailed, fmt::format("HTTP status {}", status)};
    }
    if (!verdict_ && length && *length != part_.expected_size()) {
      verdict_ = TransferResult{TransferStatus::kWrongContent, fmt::format("{} bytes", *length)};
    }
    if (!verdict_) part_.describe(url_, validator);
  }

  TransferResult classify(CURLcode code) const {
    const std::string reason = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
    long status = 0;
    double connected = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle_.get(), CURLINFO_CONNECT_TIME, &connected);
    switch (code) {
      case CURLE_OK:
        if (part_.is_full()) return {TransferStatus::kComplete, {}};
        return {TransferStatus::kDropped, "the connection closed early"};
      case CURLE_HTTP_RETURNED_ERROR:
        // 416: our part is not a piece of what this server has.
        if (status == 416) return {TransferStatus::kRestarted, "the server refused the range"};
        if (status >= 500 || status == 408 || status == 429) {
          return {TransferStatus::kDropped, fmt::format("HTTP status {}", status)};
        }
        return {TransferStatus::kFailed, fmt::format("HTTP status {}", status)};
      case CURLE_OPERATION_TIMEDOUT:
        // No answer to the connection attempt is what a missing network looks like.
        return {connected > 0 ? TransferStatus::kDropped : TransferStatus::kFailed, reason};
      case CURLE_PARTIAL_FILE:
      case CURLE_RECV_ERROR:
      case CURLE_SEND_ERROR:
      case CURLE_GOT_NOTHING:
      case CURLE_HTTP2:
      case CURLE_HTTP2_STREAM:
        return {TransferStatus::kDropped, reason};
      default:
        return {TransferStatus::kFailed, reason};
    }
  }

  TransferResult finish(TransferResult result) {
    if (result.status == TransferStatus::kRestarted ||
        result.status == TransferStatus::kWrongContent) {
      part_.discard();
    }
    return result;
  }

  std::string url_, range_;
  PartFile& part_;
  core::Progress& progress_;
  std::uint64_t offset_;
  std::chrono::seconds stall_timeout_;
  std::chrono::steady_clock::time_point last_arrival_;
  curl_off_t received_ = 0;
  bool stalled_ = false;
  std::unique_ptr<CURL, CurlDeleter> handle_;
  std::unique_ptr<curl_slist, ListDeleter> request_headers_;
  std::array<char, CURL_ERROR_SIZE> message_{};
  std::map<std::string, std::string> headers_;
  bool started_ = false;
  std::optional<TransferResult> verdict_;
  std::exception_ptr error_;
};

}  // namespace

TransferResult transfer(const std::string& url, PartFile& part, const TransferOptions& options,
                        core::Progress& progress) {
  return Transfer(url, part, options, progress).run();
}

}  // namespace ersatz::data
