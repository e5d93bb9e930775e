// Starting programs that live beside this one.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace cloud {

/// Starts command[0] with nothing of ours but the given environment (NAME=VALUE): no open files, no
/// standard input; what it prints is appended to `log`, or lost where that is empty. It leads a
/// process group of its own. Throws std::system_error.
pid_t start_process(const std::vector<std::string>& command,
                    const std::vector<std::string>& environment,
                    const std::string& log);

/// Runs a program, found in PATH, to its end, with our environment. Throws std::runtime_error, with
/// `mend` as what to do, if it is missing or fails.
void run_process(std::vector<std::string> command, const std::string& log, const std::string& mend);

/// The environment of this process, as start_process() wants it.
std::vector<std::string> own_environment();

/// Where the shell would find a program; "" if nowhere.
std::string find_program(const std::string& name);

}  // namespace cloud
