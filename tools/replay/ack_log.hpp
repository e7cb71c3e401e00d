// What the server acknowledged, kept outside it: a test reads it after it killed the server.
#pragma once

#include <mutex>
#include <string>
#include <vector>

namespace replay {

class AckLog {
  public:
    // Makes the file, or empties it. Throws std::system_error, here and in write().
    explicit AckLog(const std::string& path);
    ~AckLog();
    AckLog(const AckLog&) = delete;
    AckLog& operator=(const AckLog&) = delete;

    // Returns once the lines are on disk.
    void write(const std::vector<std::string>& lines);

  private:
    std::mutex mutex_;
    int file_;
};

}  // namespace replay
