// Hostile files in the format of PyTorch before 1.6, and plain pickles.
#include <gtest/gtest.h>

#include "attacks/attack.h"
#include "models/weights/pickle_builder.h"

namespace ersatz::test {
namespace {

// The parts of a file, all honest unless replaced.
struct Stream {
  std::string magic = std::string("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", 15);
  std::string version = PickleBuilder().integer(1001).stop();
  std::string machine = PickleBuilder().raw("}").text("little_endian").raw("\x88s").stop();
  std::string object = PickleBuilder()
                           .raw("}")
                           .text("w")
                           .tensor("FloatStorage", "7", 2, 0, {2}, {1})
                           .raw("s")
                           .stop();
  std::string keys = PickleBuilder().raw("]").text("7").raw("a").stop();
  std::string storages = little_endian(2, 8) + std::string(8, '\0');

  std::string bytes() const { return magic + version + machine + object + keys + storages; }
};

Attack changed(const std::string& name, const std::function<void(Stream&)>& change,
               const std::string& message) {
  return {name,
          [change] {
            Stream stream;
            change(stream);
            return stream.bytes();
          },
          message};
}

std::vector<Attack> attacks() {
  const std::string system = PickleBuilder().global("os", "system").text("x").raw("\x85R").stop();
  return {
      changed(
          "os.system as the object", [system](Stream& s) { s.object = system; }, "'os.system'"),
      changed(
          "os.system as the list of keys", [system](Stream& s) { s.keys = system; }, "'os.system'"),
      changed(
          "os.system as the version", [system](Stream& s) { s.version = system; }, "'os.system'"),
      changed(
          "unknown version", [](Stream& s) { s.version = PickleBuilder().integer(1002).stop(); },
          "unknown version"),
      changed(
          "big-endian machine",
          [](Stream& s) {
            s.machine = PickleBuilder().raw("}").text("little_endian").raw("\x89s").stop();
          },
          "little-endian"),
      changed(
          "keys that are no list", [](Stream& s) { s.keys = PickleBuilder().raw("N").stop(); },
          "not listed"),
      changed(
          "key twice",
          [](Stream& s) {
            s.keys = PickleBuilder().raw("]").text("7").raw("a").text("7").raw("a").stop();
            s.storages += s.storages;
          },
          "'7' is listed twice"),
      changed(
          "key of nothing",
          [](Stream& s) { s.keys = PickleBuilder().raw("]").text("8").raw("a").stop(); },
          "'8' is listed but not described"),
      changed(
          "no keys",
          [](Stream& s) {
            s.keys = PickleBuilder().raw("]").stop();
            s.storages.clear();
          },
          "'w' is in the storage '7', which is not there"),
      changed(
          "another number of elements", [](Stream& s) { s.storages[0] = 3; },
          "'7' has 3 elements instead of 2"),
      changed(
          "2^64-1 elements", [](Stream& s) { s.storages = std::string(16, '\xff'); },
          "'7' has 18446744073709551615 elements"),
      changed(
          "storage cut off", [](Stream& s) { s.storages.pop_back(); }, "'7' ends outside"),
      changed(
          "number of elements cut off", [](Stream& s) { s.storages.resize(7); }, "the file ends"),
      changed(
          "trailing bytes", [](Stream& s) { s.storages += "MZ"; },
          "2 bytes follow the last storage"),
      {"plain pickle of os.system", [system] { return system; }, "'os.system'"},
      {"plain pickle of a dict", [] { return PickleBuilder().raw("}").stop(); }, "hostile.bin"},
      {"plain pickle of a list",
       [] { return PickleBuilder().raw("]").text("long enough").raw("a").stop(); },
       "a plain pickle"},
  };
}

TEST(TorchStreamAttack, EveryHostileFileIsRefused) { expect_refused(attacks()); }

TEST(TorchStreamAttack, EveryTruncationIsRefused) {
  const std::string whole = Stream().bytes();
  std::vector<Attack> truncations;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    truncations.push_back({std::to_string(size) + " bytes",
                           [&whole, size] { return whole.substr(0, size); }, "hostile.bin"});
  }
  expect_refused(truncations);
}

}  // namespace
}  // namespace ersatz::test
