// Pickles that would run code, exhaust the machine or describe impossible tensors, each as the
// data.pkl of an otherwise honest torch.save archive.
#include <gtest/gtest.h>

#include "attacks/attack.h"
#include "models/weights/pickle_builder.h"
#include "models/weights/zip_builder.h"

namespace ersatz::test {
namespace {

using Integers = std::vector<std::int64_t>;

std::string repeated(const std::string& bytes, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += bytes;
  return result;
}

// An archive with one storage of 16 bytes (4 floats), "0".
Attack pickle(const std::string& name, const PickleBuilder& content, const std::string& message) {
  return {name,
          [content] {
            return torch_zip(content.stop(), {{"0", std::string(16, '\0')}});
          },
          message};
}

// {"w": a call of `module`.`name` with one text}
Attack call(const std::string& module, const std::string& name, const std::string& message) {
  PickleBuilder content;
  content.raw("}").text("w").global(module, name).text("touch /tmp/pwned").raw("\x85Rs");
  return pickle(module + "." + name, content, message);
}

// {"w": the tensor}
Attack tensor(const std::string& name, std::int64_t elements, std::int64_t offset,
              const Integers& shape, const Integers& strides, const std::string& message) {
  PickleBuilder content;
  content.raw("}").text("w").tensor("FloatStorage", "0", elements, offset, shape, strides).raw("s");
  return pickle(name, content, message);
}

PickleBuilder start() { return PickleBuilder().raw("}").text("w"); }

std::vector<Attack> code_execution() {
  std::vector<Attack> attacks = {
      call("os", "system", "'os.system'"),
      call("posix", "system", "'posix.system'"),
      call("builtins", "eval", "'builtins.eval'"),
      call("builtins", "getattr", "'builtins.getattr'"),
      call("__builtin__", "exec", "'__builtin__.exec'"),
      call("subprocess", "Popen", "'subprocess.Popen'"),
      call("pickle", "loads", "'pickle.loads'"),
      call("numpy", "load", "'numpy.load'"),
      call("torch", "load", "'torch.load'"),
      call("torch.hub", "load", "'torch.hub.load'"),
      call("runpy", "_run_code", "'runpy._run_code'"),
      call("webbrowser", "open", "'webbrowser.open'"),
      call("__main__", "Model", "'__main__.Model'"),
      // Names that lead on from a permitted one.
      call("torch", "_utils._rebuild_tensor_v2", "'torch._utils._rebuild_tensor_v2'"),
      call("collections", "OrderedDict.fromkeys", "'collections.OrderedDict.fromkeys'"),
      call("torch.FloatStorage", "from_file", "'torch.FloatStorage.from_file'"),
      call("collections.", "OrderedDict", "'collections..OrderedDict'"),
      call("", "system", "'.system'"),
      call("os\x1b[2J", "system", "'os\\x1b[2J.system'"),
      call("os\xff", "system", "'os\\xff.system'"),
      call(std::string(300, 'a'), "b", "a line without an end"),
      call("torch", "FloatStorage", "calls 'torch.FloatStorage'"),
      call("collections", "OrderedDict", "OrderedDict with arguments"),
  };
  const auto add = [&attacks](const std::string& name, const PickleBuilder& content,
                              const std::string& message) {
    attacks.push_back(pickle(name, content, message));
  };
  add("STACK_GLOBAL", start().text("nt").text("system").raw("\x93)R"), "'nt.system'");
  add("STACK_GLOBAL of numbers", start().integer(1).integer(2).raw("\x93)R"), "a module's name");
  add("INST", start().raw("(ios\nsystem\ns"), "'os.system'");
  add("OBJ of eval", start().raw("(").global("builtins", "eval").text("1").raw("os"),
      "'builtins.eval'");
  add("OBJ of a permitted class", start().raw("(").global("collections", "OrderedDict").raw("os"),
      "OBJ");
  add("NEWOBJ of a dict", start().global("collections", "OrderedDict").raw(")\x81s"),
      "makes a new 'collections.OrderedDict'");
  add("NEWOBJ_EX", start().global("collections", "OrderedDict").raw(")}\x92s"), "NEWOBJ_EX");
  add("BUILD of a list", start().raw("]}").text("__class__").text("x").raw("sbs"),
      "attributes of a plain value");
  add("BUILD of a function",
      start().global("collections", "OrderedDict").raw("}").text("__code__").raw("Nsbs"),
      "attributes of a plain value");
  add("call of a text", start().text("os.system").raw(")Rs"), "what is called");
  add("call of a tensor", start().tensor("FloatStorage", "0", 4, 0, {4}, {1}).raw(")Rs"),
      "what is called");
  add("call with a list", start().global("collections", "OrderedDict").raw("]Rs"),
      "the arguments of a call");
  add("EXT1", start().raw("\x82\x01s"), "EXT1");
  add("PERSID", start().raw("Pstorage\ns"), "'storage' through the opcode PERSID");
  add("GET of protocol 0", start().raw("g0\ns"), "GET");
  add("byte 0xff", start().raw("\xff"), "an unknown opcode");
  return attacks;
}

std::vector<Attack> exhaustion() {
  std::vector<Attack> attacks;
  const auto add = [&attacks](const std::string& name, const PickleBuilder& content,
                              const std::string& message) {
    attacks.push_back(pickle(name, content, message));
  };
  // Each list holds the previous one ten times: 10^40 values in 1 KB.
  PickleBuilder laughs = start().raw("(](NNNNNNNNNNeq").raw(std::string(1, '\0'));
  for (char level = 1; level < 40; ++level) {
    laughs.raw("](" + repeated(std::string("h") + static_cast<char>(level - 1), 10) + "eq" + level);
  }
  add("memo bomb", laughs.raw("ts"), "too many values");
  add("POP", start().raw("NN0s"), "POP");
  PickleBuilder shared = start().raw("](").text(std::string(1 << 20, 'a')).raw("q\x01");
  add("text bomb", shared.raw(repeated("h\x01", 500)).raw("es"), "too much text");
  add("list in itself",
      start().raw("]q\x01h\x01"
                  "as"),
      "nested too deeply");
  add("dict in itself", start().raw("}q\x01").text("a").raw("h\x01ss"), "nested too deeply");
  add("nested lists", start().raw(std::string(100000, ']')).raw(std::string(99999, 'a')).raw("s"),
      "nested too deeply");
  add("nested tuples", start().raw("N").raw(std::string(100000, '\x85')).raw("s"),
      "nested too deeply");
  add("a million marks", start().raw(std::string(1000000, '(')), "nested too deeply");
  add("two million values", start().raw("](").raw(std::string(2000000, 'N')).raw("es"),
      "too many values");
  add("five million steps", start().raw("Nq\x01").raw(repeated("h\x01", 5000000)),
      "too many steps");
  add("memo of 2^32-1", start().raw("Nr\xff\xff\xff\xffs"), "memo 4294967295 is too large");
  add("memo never written", start().raw("h\x07s"), "memo 7 was never written");
  add("memo never written, large", start().raw("j\xff\xff\xff\xffs"), "never written");
  add("LONG4 of 2 GB", start().raw("\x8b\xff\xff\xff\x7f"), "an integer of 2147483647 bytes");
  add("LONG1 of 255 bytes", start().raw("\x8a\xff" + std::string(255, '\1')),
      "an integer of 255 bytes");
  add("text of 4 GB",
      start().raw("X\xff\xff\xff\xff"
                  "abc"),
      "the pickle ends");
  add("text of 2^63 bytes", start().raw("\x8d" + little_endian(1ULL << 63, 8)), "the pickle ends");
  add("bytes of 2^64-1", start().raw("\x8e" + little_endian(~0ULL, 8)), "the pickle ends");
  add("frame of 2^64-1", start().raw("\x95" + little_endian(~0ULL, 8)), "frame");
  add("protocol 200", start().raw("\x80\xc8"), "protocol");
  add("cut off in a number", PickleBuilder().raw("}X\x01"), "the pickle ends");
  add("values left over", PickleBuilder().raw("}}"), "stops half-way");
  add("nothing", PickleBuilder(), "stops half-way");
  add("mark left over", PickleBuilder().raw("}("), "stops half-way");
  add("REDUCE of nothing", PickleBuilder().raw("R"), "takes a value where there is none");
  add("SETITEM across a mark", PickleBuilder().raw("}(s"), "takes a value where there is none");
  add("APPENDS without a mark", PickleBuilder().raw("]e"), "a mark where there is none");
  add("APPEND to a dict", PickleBuilder().raw("}Na"), "not a list");
  add("odd SETITEMS", PickleBuilder().raw("}(Nu"), "not a dict");
  // One long tuple or dict, used again and again: work that grows with the square of the file.
  const std::string long_tuple = "Nq\x01(" + repeated("h\x01", 1000000) + "tq\x02";
  add("20000 calls with the same million arguments",
      start()
          .raw(long_tuple)
          .global("numpy", "dtype")
          .raw("q\x03")
          .raw(repeated("h\x03h\x02R", 20000)),
      "stops half-way");
  add("20000 times the state of 400000 attributes",
      start()
          .global("torch.nn.modules.container", "ParameterDict")
          .raw(")\x81}(")
          .text("a")
          .raw("q\x01N" + repeated("h\x01h\x01", 400000))
          .text("_parameters")
          .raw("}uq\x02" + std::string("b") +
               repeated("h\x02"
                        "b",
                        20000) +
               "s"),
      "400002 attributes");
  add("900000 tensors of 32 dimensions",
      start()
          .global("torch._utils", "_rebuild_tensor_v2")
          .raw("q\x01(")
          .storage("FloatStorage", "0", 4)
          .integer(0)
          .integers(Integers(32, 1))
          .raw("q\x02h\x02\x89}tq\x03" + repeated("h\x01h\x03R", 900000)),
      "too many tensors");
  add("900000 storages",
      start()
          .raw("(")
          .text("storage")
          .global("torch", "FloatStorage")
          .text("0")
          .text("cpu")
          .integer(4)
          .raw("tq\x01Q" + repeated("h\x01Q", 900000)),
      "too many storages");
  attacks.push_back({"bytes behind the pickle",
                     [] { return torch_zip(PickleBuilder().raw("}").stop() + "x", {}); },
                     "bytes follow the pickle's end"});
  return attacks;
}

std::vector<Attack> contents() {
  std::vector<Attack> attacks = {
      tensor("negative stride", 4, 3, {4}, {-1}, "tensor 'w' has negative stride"),
      tensor("negative size", 4, 0, {-4}, {1}, "tensor 'w' has negative shape"),
      tensor("negative offset", 4, -1, {4}, {1}, "tensor 'w' has a negative offset"),
      tensor("strides that overflow", 4, 0, {2, 2}, {1LL << 62, 1LL << 62},
             "tensor 'w' has strides that overflow"),
      tensor("product of stride and size overflows", 4, 0, {4}, {0x7fffffffffffffffLL},
             "tensor 'w' has strides that overflow"),
      tensor("shape that overflows", 4, 0, {1LL << 32, 1LL << 32}, {0, 0}, "size overflows"),
      tensor("overflow hidden by a zero", 4, 0, {1LL << 62, 1LL << 62, 0}, {0, 0, 0},
             "size overflows"),
      tensor("storage too short", 4, 0, {5}, {1}, "tensor 'w' has 5 elements"),
      tensor("strides reach outside", 4, 0, {2, 2}, {3, 1}, "tensor 'w' reaches outside"),
      tensor("offset reaches outside", 4, 1, {4}, {1}, "tensor 'w' reaches outside"),
      tensor("empty tensor outside", 4, 5, {0}, {1}, "tensor 'w' reaches outside"),
      tensor("one value repeated 10^12 times", 4, 0, {1000000000000}, {0}, "1000000000000"),
      tensor("storage smaller than the pickle says", 5, 0, {5}, {1}, "should have 5 elements"),
      tensor("storage of 2^62 elements", 1LL << 62, 0, {4}, {1}, "has the size"),
      tensor("storage of -1 elements", -1, 0, {0}, {1}, "has the size -1"),
      tensor("more strides than sizes", 4, 0, {4}, {4, 1}, "1 sizes and 2 strides"),
      tensor("33 dimensions", 4, 0, Integers(33, 1), Integers(33, 1), "33 sizes"),
  };
  const auto add = [&attacks](const std::string& name, const PickleBuilder& content,
                              const std::string& message) {
    attacks.push_back(pickle(name, content, message));
  };
  add("storage that is not there", start().tensor("FloatStorage", "9", 4, 0, {4}, {1}).raw("s"),
      "'9', which is not there");
  add("storage that climbs", start().tensor("FloatStorage", "../x", 4, 0, {4}, {1}).raw("s"),
      "'../x', which is not there");
  add("storage of a class",
      start()
          .raw("(")
          .text("storage")
          .global("collections", "OrderedDict")
          .text("0")
          .text("cpu")
          .integer(4)
          .raw("tQs"),
      "'collections.OrderedDict' is not a type of storage");
  add("storage type without a name",
      start().raw("(").text("storage").raw("N").text("0").text("cpu").integer(4).raw("tQs"),
      "the type of a storage");
  add("persistent number", start().integer(7).raw("Qs"), "a persistent id");
  add("persistent module", start().raw("(").text("module").raw("NNNNtQs"), "not a storage");
  add("storage that is part of another",
      start()
          .raw("(")
          .text("storage")
          .global("torch", "FloatStorage")
          .text("0")
          .text("cpu")
          .integer(4)
          .integer(1)
          .raw("tQs"),
      "part of another");
  const auto rebuilt = [](const std::string& arguments) {
    return start().global("torch._utils", "_rebuild_tensor_v2").raw("(" + arguments + "tRs");
  };
  add("tensor of nothing", rebuilt(""), "tensor 'w' is made of 0 values");
  add("tensor without a storage", rebuilt("NNNNNN"), "a tensor's storage");
  const auto with = [](const std::string& behind) {
    PickleBuilder content = start();
    content.global("torch._utils", "_rebuild_tensor_v2").raw("(");
    return content.storage("FloatStorage", "0", 4).integer(0).raw(behind + "tRs");
  };
  add("shape that is a text",
      with("U\1"
           "4)\x89}"),
      "shape");
  add("shape of floats", with(std::string("G\0\0\0\0\0\0\0\0\x85K\1\x85\x89}", 15)), "shape");
  add("hooks", with("K\4\x85K\1\x85\x89}U\1aNs"), "tensor 'w' has hooks");
  add("conjugated tensor", with("K\4\x85K\1\x85\x89}}"), "conjugated");
  add("parameter of nothing",
      start().global("torch._utils", "_rebuild_parameter").raw("(N\x89}tRs"),
      "the data of a parameter");
  attacks.push_back(
      {"20000 names for one storage of 4 MB",
       [] {
         const std::int64_t elements = 1 << 20;
         PickleBuilder content = PickleBuilder().raw("}(");
         for (int i = 0; i < 20000; ++i) {
           content.text(std::to_string(i));
           content.tensor("FloatStorage", "0", elements, 0, {elements}, {1});
         }
         return torch_zip(content.raw("u").stop(), {{"0", std::string(4 << 20, '\0')}});
       },
       "shares its storage with too many others"});
  attacks.push_back({"bool that is 2",
                     [] {
                       PickleBuilder content = start();
                       content.tensor("BoolStorage", "0", 2, 0, {2}, {1}).raw("s");
                       return torch_zip(content.stop(), {{"0", "\x01\x02"}});
                     },
                     "tensor 'w' has a bool"});
  add("not a dict", PickleBuilder().raw("]"), "not a dictionary");
  add("a tensor alone", PickleBuilder().tensor("FloatStorage", "0", 4, 0, {4}, {1}),
      "not a dictionary");
  add("the same name twice", PickleBuilder().raw("}(").text("a").raw("N").text("a").raw("Nu"),
      "'a' appears twice");
  add("the same name by two ways",
      PickleBuilder().raw("}(").text("a.b").raw("N").text("a").raw("}").text("b").raw("Nsu"),
      "'a.b' appears twice");
  add("key that is a list", PickleBuilder().raw("}]Ns"), "a key that is not text");
  add("key that is not UTF-8", PickleBuilder().raw("}U\1\xffNs"), "a key that is not text");
  return attacks;
}

TEST(PickleAttack, CodeIsNeverRun) { expect_refused(code_execution()); }

TEST(PickleAttack, NothingIsExhausted) { expect_refused(exhaustion()); }

TEST(PickleAttack, ImpossibleContentsAreRefused) { expect_refused(contents()); }

}  // namespace
}  // namespace ersatz::test
