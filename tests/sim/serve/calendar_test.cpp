// SPDX-License-Identifier: Apache-2.0
// The time of a kernel that this test plays: what it is answered, and what ends its connection.
#include "serve/calendar.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace {

enum : uint32_t { ACK = 0, START = 1, REQUEST = 2, WAIT = 3, GET = 4, UPDATE = 5, RUN = 6, GET_TOD = 8 };

struct Message {
    uint32_t operation, sequence;
    uint64_t time;
};

class Calendar : public ::testing::Test {
protected:
    Calendar() {
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        peer_ = ends[0];
        calendar_open(&kernel_, ends[1]);
    }
    ~Calendar() override {
        calendar_close(&kernel_);
        if (peer_ >= 0) close(peer_);
    }
    void send(uint32_t operation, uint64_t time) {
        const Message message = {operation, ++sequence_, time};
        ASSERT_EQ(::send(peer_, &message, sizeof message, MSG_NOSIGNAL), static_cast<ssize_t>(sizeof message));
    }
    int say(uint32_t operation, uint64_t time, uint64_t now = 0) {
        send(operation, time);
        return calendar_step(&kernel_, now);
    }
    // What came, of operation ~0 if nothing did.
    Message heard() {
        Message message = {~0u, 0, 0};
        EXPECT_TRUE(recv(peer_, &message, sizeof message, MSG_DONTWAIT) == sizeof message || errno == EAGAIN);
        return message;
    }
    void start() {
        ASSERT_EQ(say(START, 1), 1);
        ASSERT_EQ(heard().operation, ACK);
    }
    std::string error() const { return kernel_.error; }

    calendar_kernel kernel_{};
    int peer_;
    uint32_t sequence_ = 0;
};

TEST_F(Calendar, TheFirstMessageSaysWhoItIs) {
    EXPECT_EQ(calendar_step(&kernel_, 0), 0) << "nothing has come";
    ASSERT_EQ(say(START, 7), 1);
    EXPECT_EQ(kernel_.id, 7u);
    EXPECT_TRUE(kernel_.running);
    const Message answer = heard();
    EXPECT_EQ(answer.operation, ACK);
    EXPECT_EQ(answer.sequence, 1u) << "the number of what it answers";
}

TEST_F(Calendar, AKernelThatWaitsRunsAtTheTimeThatItAskedForLast) {
    start();
    ASSERT_EQ(say(REQUEST, 500), 1);
    ASSERT_EQ(say(REQUEST, 300), 1);
    ASSERT_EQ(say(WAIT, ~uint64_t{0}), 1);
    EXPECT_FALSE(kernel_.running);
    EXPECT_EQ(kernel_.wakes_ns, 300u);
    for (int i = 0; i < 3; i++) EXPECT_EQ(heard().operation, ACK);
    ASSERT_EQ(calendar_run(&kernel_, 300), 0);
    EXPECT_TRUE(kernel_.running);
    const Message run = heard();
    EXPECT_EQ(run.operation, RUN);
    EXPECT_EQ(run.time, 300u);
    sequence_ = run.sequence - 1;
    EXPECT_EQ(say(ACK, 0, 300), 1);
    EXPECT_EQ(heard().operation, ~0u) << "an acknowledgement has no answer";
}

TEST_F(Calendar, ItsClockIsTheSimulations) {
    start();
    ASSERT_EQ(say(GET, 0, 1234), 1);
    EXPECT_EQ(heard().time, 1234u);
    ASSERT_EQ(say(UPDATE, 1234, 1234), 1);
    EXPECT_EQ(heard().operation, ACK);
    ASSERT_EQ(say(GET_TOD, 0, 1000), 1);
    const uint64_t day = heard().time;
    ASSERT_EQ(say(GET_TOD, 0, 3000), 1);
    EXPECT_EQ(heard().time - day, 2000u) << "the time of day, from the same day in every run";
}

TEST_F(Calendar, MessagesMayArriveInPieces) {
    const Message message = {START, 1, 0};
    ASSERT_EQ(::send(peer_, &message, 5, 0), 5);
    EXPECT_EQ(calendar_step(&kernel_, 0), 0);
    ASSERT_EQ(::send(peer_, reinterpret_cast<const char*>(&message) + 5, sizeof message - 5, 0), static_cast<ssize_t>(sizeof message) - 5);
    EXPECT_EQ(calendar_step(&kernel_, 0), 1);
}

TEST_F(Calendar, ClosingTheSocketIsNoError) {
    start();
    close(peer_);
    peer_ = -1;
    EXPECT_EQ(calendar_step(&kernel_, 0), -1);
    EXPECT_EQ(error(), "");
}

TEST_F(Calendar, WhatBreaksTheProtocolEndsTheConnectionWithAReason) {
    const struct {
        uint32_t operation;
        uint64_t time;
        const char* reason;
    } wrong[] = {{REQUEST, 99, "asks to run at 99 ns, and it is 100"}, {UPDATE, 101, "its time is 101"}, {START, 0, "START comes again"},
                 {77, 0, "operation 77 is unknown"},                   {RUN, 0, "operation 6 is unknown"},  {ACK, 0, "is answered as"}};
    for (const auto& message : wrong) {
        calendar_kernel kernel = kernel_;
        kernel.started = true;
        send(message.operation, message.time);
        EXPECT_EQ(calendar_step(&kernel, 100), -1) << message.operation;
        EXPECT_NE(std::string(kernel.error).find(message.reason), std::string::npos) << kernel.error;
    }
    EXPECT_EQ(say(GET, 0), -1);
    EXPECT_NE(error().find("before START"), std::string::npos) << error();
}

TEST_F(Calendar, RandomBytesNeitherHangNorCrashIt) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 2000; round++) {
        int ends[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        calendar_kernel kernel{};
        calendar_open(&kernel, ends[1]);
        int status = 1;
        for (int n = 0; n < 20 && status >= 0; n++) {
            const Message message = {n ? static_cast<uint32_t>(random() % 10) : uint32_t{START}, static_cast<uint32_t>(random() % 3), random() % 4 ? 100 + random() % 3 : random()};
            const size_t length = random() % 8 ? sizeof message : random() % sizeof message;
            ASSERT_GE(::send(ends[0], &message, length, MSG_NOSIGNAL), 0);
            while ((status = calendar_step(&kernel, 100)) > 0) continue;
        }
        calendar_close(&kernel);
        close(ends[0]);
    }
}

}  // namespace
