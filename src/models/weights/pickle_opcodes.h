// Opcodes of Python's pickle protocols 0 to 5 (CPython, Lib/pickletools.py documents each).
#pragma once

#include <cstdint>
#include <string_view>

namespace ersatz::models {

enum class PickleOpcode : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kNone = 'N',
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8a,
  kLong4 = 0x8b,
  kBinFloat = 'G',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kShortBinUnicode = 0x8c,
  kBinUnicode8 = 0x8d,
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kBinBytes8 = 0x8e,
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyList = ']',
  kList = 'l',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kDict = 'd',
  kSetItem = 's',
  kSetItems = 'u',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kMemoize = 0x94,
  kBinGet = 'h',
  kLongBinGet = 'j',
  kGlobal = 'c',
  kStackGlobal = 0x93,
  kInst = 'i',
  kPersId = 'P',
  kBinPersId = 'Q',
  kReduce = 'R',
  kNewObj = 0x81,
  kBuild = 'b',
  kProto = 0x80,
  kFrame = 0x95
};

// "OBJ"; "an unknown opcode" for bytes that are none. Used in errors.
std::string_view pickle_opcode_name(std::uint8_t opcode);

}  // namespace ersatz::models
