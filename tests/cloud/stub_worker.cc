// A worker for the tests of the transports: its tasks are words.
//   echo TEXT   answers TEXT        sleep MS   answers after a while     long BYTES   answers so
//   many bytes throw TEXT  fails with TEXT     exit CODE  ends                      crash ends by a
//   signal hang        never answers       mute       (in the environment) never asks for anything
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include <unistd.h>

#include "cloud/invocation.hh"
#include "cloud/lambda_runtime.hh"

namespace {

std::string carry_out(const std::string& word, const std::string& rest) {
  if (word == "sleep")
    std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(rest)));
  if (word == "long")
    return std::string(static_cast<std::size_t>(std::stoi(rest)), 'x');
  if (word == "throw")
    throw std::runtime_error(rest);
  if (word == "exit")
    ::_exit(std::stoi(rest));
  if (word == "crash")
    std::raise(SIGKILL);
  while (word == "hang")
    ::pause();
  return rest;
}

std::string handle(const cloud::RuntimeInvocation& invocation) {
  const cloud::Bytes task = cloud::read_invocation(invocation.payload).task;
  const std::string text(task.begin(), task.end());
  const std::size_t blank = text.find(' ');
  const std::string answer =
      carry_out(text.substr(0, blank), blank == std::string::npos ? "" : text.substr(blank + 1));
  return cloud::write_answer(cloud::Bytes(answer.begin(), answer.end()));
}

}  // namespace

int main() {
  while (std::getenv("MUTE") != nullptr)
    ::pause();
  try {
    cloud::serve_runtime(std::getenv("AWS_LAMBDA_RUNTIME_API"), handle);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
