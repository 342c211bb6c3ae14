// SPDX-License-Identifier: Apache-2.0
// NDIS polling: when a miniport is asked for its NBLs, and what becomes of them.
#include <deque>

#include "test_stack.h"

namespace {

// A miniport's side of one poll object. What it has is given by the test; `log` has a word for each callback.
struct Poller {
    NDIS_POLL_HANDLE handle = nullptr;
    std::string log;
    std::deque<PNET_BUFFER_LIST> received, sent;
    ULONG remaining = 0, announce_more = 0;
    unsigned polls = 0, passive_polls = 0, requests_inside = 0;
    ULONG most_nbls = 0;

    static PNET_BUFFER_LIST take(std::deque<PNET_BUFFER_LIST>& from, ULONG most, ULONG& count) {
        std::vector<PNET_BUFFER_LIST> taken;
        while (!from.empty() && taken.size() < most) {
            taken.push_back(from.front());
            from.pop_front();
        }
        count = static_cast<ULONG>(taken.size());
        return chain(taken);
    }
};

VOID poll(PVOID context, NDIS_POLL_DATA* data) {
    auto* poller = static_cast<Poller*>(context);
    poller->polls++;
    poller->passive_polls += KeGetCurrentIrql() == PASSIVE_LEVEL;
    poller->most_nbls = data->Receive.MaxNblsToIndicate;
    data->Receive.IndicatedNblChain = Poller::take(poller->received, data->Receive.MaxNblsToIndicate, data->Receive.NumberOfIndicatedNbls);
    data->Transmit.CompletedNblChain = Poller::take(poller->sent, data->Transmit.MaxNblsToComplete, data->Transmit.NumberOfCompletedNbls);
    data->Receive.NumberOfRemainingNbls = static_cast<ULONG>(poller->received.size());
    data->Receive.NumberOfIndicatedNbls += poller->announce_more;
    poller->log += data->Receive.IndicatedNblChain || data->Transmit.CompletedNblChain ? "nbls " : "none ";
    if (poller->requests_inside && poller->requests_inside--) NdisRequestPoll(poller->handle, nullptr);
}

VOID notification(PVOID context, NDIS_POLL_NOTIFICATION* notification) {
    EXPECT_EQ(notification->Header.Size, NDIS_SIZEOF_NDIS_POLL_NOTIFICATION_REVISION_1);
    static_cast<Poller*>(context)->log += notification->Enabled ? "on " : "off ";
}

class NdisPoll : public StackTest {
protected:
    void register_poll() {
        NDIS_POLL_CHARACTERISTICS chars{};
        chars.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_CHARACTERISTICS_REVISION_1, NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1};
        chars.PollHandler = poll;
        chars.SetPollNotificationHandler = notification;
        ASSERT_EQ(NdisRegisterPoll(miniport_.adapter, &poller_, &chars, &poller_.handle), NDIS_STATUS_SUCCESS);
    }
    void begin() {
        start();
        register_poll();
        poller_.log.clear();
    }
    void end() {
        NdisDeregisterPoll(poller_.handle);
        stop();
    }
    void request() {
        NdisRequestPoll(poller_.handle, nullptr);
        sleep_us(100);
    }
    std::vector<PNET_BUFFER_LIST> make_received(unsigned count) {
        std::vector<PNET_BUFFER_LIST> nbls;
        for (unsigned i = 0; i < count; i++) nbls.push_back(make_nbl(60, 0, miniport_.adapter));
        poller_.received.insert(poller_.received.end(), nbls.begin(), nbls.end());
        return nbls;
    }
    void free_all(const std::vector<PNET_BUFFER_LIST>& nbls) {
        for (PNET_BUFFER_LIST nbl : nbls) free_nbl(nbl);
    }
    Poller poller_;
};

TEST_F(NdisPoll, NothingIsPolledBeforeItIsRequested) {
    start();
    register_poll();
    sleep_us(100);
    EXPECT_EQ(poller_.log, "on ");  // the adapter runs
    end();
}

TEST_F(NdisPoll, ARequestPollsUntilThereIsNothingAndOnceMoreWithTheNotificationOn) {
    begin();
    protocol_.return_at_once = true;
    const std::vector<PNET_BUFFER_LIST> nbls = make_received(3);
    request();
    EXPECT_EQ(poller_.log, "off nbls none on none ");
    EXPECT_EQ(protocol_.received, nbls);
    EXPECT_EQ(miniport_.returned, nbls);
    EXPECT_TRUE(NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(protocol_.receive_flags[0]));
    end();
    free_all(nbls);
}

TEST_F(NdisPoll, WhatComesAfterTheNotificationIsOnIsFoundByTheLastLook) {
    begin();
    std::vector<PNET_BUFFER_LIST> late;
    poller_.requests_inside = 1;  // in the first poll, which gives nothing: an interrupt that came just then
    request();
    EXPECT_EQ(poller_.log, "off none on none ");
    poller_.log.clear();
    request();
    EXPECT_EQ(poller_.log, "off none on none ");
    end();
}

TEST_F(NdisPoll, SentNblsAreCompletedByTheirChain) {
    begin();
    std::vector<PNET_BUFFER_LIST> nbls;
    for (int i = 0; i < 3; i++) nbls.push_back(make_nbl(60));
    protocol_.send(nbls);
    ASSERT_EQ(miniport_.held, nbls);
    for (PNET_BUFFER_LIST nbl : nbls) nbl->Status = NDIS_STATUS_SUCCESS;
    poller_.sent.assign(nbls.begin(), nbls.end());
    request();
    EXPECT_EQ(protocol_.completed, nbls);
    miniport_.held.clear();
    end();
    free_all(nbls);
}

TEST_F(NdisPoll, APollGivesNoMoreThanItMayAndIsPolledAgainForTheRest) {
    begin();
    protocol_.return_at_once = true;
    const std::vector<PNET_BUFFER_LIST> nbls = make_received(150);
    request();
    EXPECT_EQ(poller_.most_nbls, 64u);
    EXPECT_EQ(poller_.log, "off nbls nbls nbls none on none ");
    EXPECT_EQ(protocol_.received.size(), 150u);
    end();
    free_all(nbls);
}

TEST_F(NdisPoll, ALongRunOfPollsGoesOnAtPassiveLevel) {
    begin();
    protocol_.return_at_once = true;
    const std::vector<PNET_BUFFER_LIST> nbls = make_received(64 * 12);
    request();
    EXPECT_EQ(poller_.passive_polls, 12 + 2 - 8u);  // the first eight are DPCs
    EXPECT_EQ(protocol_.received.size(), nbls.size());
    EXPECT_FALSE(NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(protocol_.receive_flags.back()));
    poller_.passive_polls = 0;
    request();  // a short one is a DPC again
    EXPECT_EQ(poller_.passive_polls, 0u);
    end();
    free_all(nbls);
}

TEST_F(NdisPoll, ADriverThatAlwaysAsksForMoreDoesNotStopTheMachine) {
    begin();
    poller_.requests_inside = 50;
    request();
    sleep_us(200);
    EXPECT_EQ(poller_.requests_inside, 0u);
    EXPECT_GE(poller_.polls, 50u);
    end();
}

TEST_F(NdisPoll, ARequestFromAnInterruptIsServed) {
    begin();
    KIRQL old;
    KeRaiseIrql(DEVICE_LEVEL, &old);
    NdisRequestPoll(poller_.handle, nullptr);
    EXPECT_EQ(poller_.polls, 0u);
    KeLowerIrql(old);
    sleep_us(10);
    EXPECT_EQ(poller_.polls, 2u);
    end();
}

TEST_F(NdisPoll, AWrongNumberOfNblsIsReported) {
    begin();
    protocol_.return_at_once = true;
    const std::vector<PNET_BUFFER_LIST> nbls = make_received(2);
    poller_.announce_more = 1;
    request();
    EXPECT_TRUE(violated("poll.count"));
    EXPECT_EQ(message("poll.count"), "nic0 left 2 NBLs to be indicated in a poll, announced 3, and may leave 64");
    end();
    free_all(nbls);
}

TEST_F(NdisPoll, NoCallbackRunsAfterDeregistration) {
    begin();
    NdisRequestPoll(poller_.handle, nullptr);
    const unsigned polls = poller_.polls;
    NdisDeregisterPoll(poller_.handle);
    sleep_us(100);
    EXPECT_EQ(poller_.polls, polls);
    stop();
}

TEST_F(NdisPoll, AHaltWithAPollRegisteredIsReported) {
    begin();
    stop();
    EXPECT_TRUE(violated("ndis.halt"));
    EXPECT_EQ(message("ndis.halt"), "nic0 halted with a poll registered");
}

TEST_F(NdisPoll, ARegistrationWithoutAHandlerIsRefused) {
    start();
    NDIS_POLL_CHARACTERISTICS chars{};
    chars.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_POLL_CHARACTERISTICS_REVISION_1, NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1};
    chars.PollHandler = poll;
    EXPECT_EQ(NdisRegisterPoll(miniport_.adapter, &poller_, &chars, &poller_.handle), NDIS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(poller_.handle, nullptr);
    stop();
}

TEST_F(NdisPoll, AnAffinityToAProcessorThatIsNotThereIsReported) {
    begin();
    PROCESSOR_NUMBER processor{};
    NdisSetPollAffinity(poller_.handle, &processor);
    EXPECT_FALSE(violated("kernel.processor"));
    processor.Number = 5;
    NdisSetPollAffinity(poller_.handle, &processor);
    EXPECT_TRUE(violated("kernel.processor"));
    end();
}

}  // namespace
