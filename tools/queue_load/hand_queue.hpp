#pragma once

#include "queue.hpp"

// The queue that bench/baseline.sql makes.
class HandQueue : public Queue {
  public:
    enum class Finished { are_kept, are_deleted };

    explicit HandQueue(Finished finished);

    void enqueue(int jobs) override;
    int work(int batch) override;
    void sleep_until_claimed() override;
    void complete_claimed() override;

  protected:
    void announce() override { connection_.run("NOTIFY work"); }

  private:
    int claim(int batch);

    std::string claimed_;  // an array of ids
    bool listens_ = false;
    long created_ = 0;
};
