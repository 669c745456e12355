// Standard input and output of a program that may be started without them, or lose them.
#pragma once

namespace ersatz::core {

// Puts something in the place of closed standard streams that cannot be read (input) or written
// (output and errors): otherwise the next file that is opened would take their numbers, and what is
// printed would go into it.
void open_standard_streams();

// Writes what stdout still holds. Error::io (50 for a full disk) when that or an earlier write
// failed, Error::usage (2) when it is closed. A reader that has had enough, as `head` does, is
// none.
void flush_standard_output();

}  // namespace ersatz::core
