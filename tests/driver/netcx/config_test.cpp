// SPDX-License-Identifier: Apache-2.0
// Parameters of an adapter by their types: read, and assigned for whoever reads them next.
#include <cstring>

#include "test_client.h"

namespace {

class NetcxConfig : public ClientTest {
protected:
    void set(const char* keyword, const char* text) { ASSERT_EQ(ndis_set_parameter(ndis_, "testmp", "nic0", keyword, text), NDIS_STATUS_SUCCESS); }
    void open() { ASSERT_EQ(NetAdapterOpenConfiguration(client_.adapter, WDF_NO_OBJECT_ATTRIBUTES, &config_handle_), STATUS_SUCCESS); }
    void close() { NetConfigurationClose(config_handle_); }
    static std::string text_of(WDFSTRING string) {
        UNICODE_STRING text;
        std::string narrow;
        WdfStringGetUnicodeString(string, &text);
        for (unsigned i = 0; i < text.Length / sizeof(WCHAR); i++) narrow += static_cast<char>(text.Buffer[i]);
        return narrow;
    }
    std::vector<std::string> strings() {
        std::vector<std::string> found;
        WDFCOLLECTION collection;
        EXPECT_EQ(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &collection), STATUS_SUCCESS);
        status_ = NetConfigurationQueryMultiString(config_handle_, &name_, WDF_NO_OBJECT_ATTRIBUTES, collection);
        for (ULONG i = 0; i < WdfCollectionGetCount(collection); i++)
            found.push_back(text_of(static_cast<WDFSTRING>(WdfCollectionGetItem(collection, i))));
        WdfObjectDelete(collection);
        return found;
    }

    static inline UNICODE_STRING name_ = NDIS_STRING_CONST("Value");
    NETCONFIGURATION config_handle_ = nullptr;
    NTSTATUS status_ = STATUS_SUCCESS;
};

TEST_F(NetcxConfig, AStringIsTheDriversToKeep) {
    set("Value", "left port");
    start();
    open();
    WDFSTRING string;
    ASSERT_EQ(NetConfigurationQueryString(config_handle_, &name_, WDF_NO_OBJECT_ATTRIBUTES, &string), STATUS_SUCCESS);
    close();
    EXPECT_EQ(text_of(string), "left port");
    WdfObjectDelete(string);
    stop();
}

TEST_F(NetcxConfig, EachStringOfSeveralIsAnObjectInTheCollection) {
    set("Value", "one, two,three");
    start();
    open();
    EXPECT_EQ(strings(), (std::vector<std::string>{"one", "two", "three"}));
    EXPECT_EQ(status_, STATUS_SUCCESS);
    close();
    stop();
}

TEST_F(NetcxConfig, BinaryIsMemoryOfItsLength) {
    set("Value", "00:1b-ff");
    start();
    open();
    WDFMEMORY memory;
    ASSERT_EQ(NetConfigurationQueryBinary(config_handle_, &name_, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory), STATUS_SUCCESS);
    close();
    size_t bytes = 0;
    const auto* data = static_cast<const UCHAR*>(WdfMemoryGetBuffer(memory, &bytes));
    EXPECT_EQ(std::vector<UCHAR>(data, data + bytes), (std::vector<UCHAR>{0x00, 0x1B, 0xFF}));
    WdfObjectDelete(memory);
    stop();
}

TEST_F(NetcxConfig, WhatIsNotThereHasNoName) {
    start();
    open();
    WDFSTRING string = nullptr;
    WDFMEMORY memory = nullptr;
    EXPECT_EQ(NetConfigurationQueryString(config_handle_, &name_, WDF_NO_OBJECT_ATTRIBUTES, &string), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(NetConfigurationQueryBinary(config_handle_, &name_, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_TRUE(strings().empty());
    EXPECT_EQ(status_, STATUS_OBJECT_NAME_NOT_FOUND);
    close();
    stop();
}

TEST_F(NetcxConfig, WhatIsAssignedIsReadByWhoeverOpensItNext) {
    start();
    open();
    UNICODE_STRING left = NDIS_STRING_CONST("left"), right = NDIS_STRING_CONST("right");
    UCHAR bytes[] = {1, 2, 3};
    ULONG number = 0;
    size_t length = 0;
    ASSERT_EQ(NetConfigurationAssignUlong(config_handle_, &name_, 77), STATUS_SUCCESS);
    close();
    open();
    EXPECT_EQ(NetConfigurationQueryUlong(config_handle_, NET_CONFIGURATION_QUERY_ULONG_NO_FLAGS, &name_, &number), STATUS_SUCCESS);
    EXPECT_EQ(number, 77u);

    ASSERT_EQ(NetConfigurationAssignUnicodeString(config_handle_, &name_, &left), STATUS_SUCCESS);
    close();
    open();
    WDFSTRING string;
    ASSERT_EQ(NetConfigurationQueryString(config_handle_, &name_, WDF_NO_OBJECT_ATTRIBUTES, &string), STATUS_SUCCESS);
    EXPECT_EQ(text_of(string), "left");

    WDFSTRING other;
    WDFCOLLECTION both;
    ASSERT_EQ(WdfStringCreate(&right, WDF_NO_OBJECT_ATTRIBUTES, &other), STATUS_SUCCESS);
    ASSERT_EQ(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &both), STATUS_SUCCESS);
    ASSERT_EQ(WdfCollectionAdd(both, string), STATUS_SUCCESS);
    ASSERT_EQ(WdfCollectionAdd(both, other), STATUS_SUCCESS);
    ASSERT_EQ(NetConfigurationAssignMultiString(config_handle_, &name_, both), STATUS_SUCCESS);
    close();
    open();
    EXPECT_EQ(strings(), (std::vector<std::string>{"left", "right"}));

    ASSERT_EQ(NetConfigurationAssignBinary(config_handle_, &name_, bytes, sizeof(bytes)), STATUS_SUCCESS);
    close();
    open();
    WDFMEMORY memory;
    ASSERT_EQ(NetConfigurationQueryBinary(config_handle_, &name_, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &memory), STATUS_SUCCESS);
    EXPECT_EQ(std::memcmp(WdfMemoryGetBuffer(memory, &length), bytes, sizeof(bytes)), 0);
    EXPECT_EQ(length, sizeof(bytes));
    for (WDFOBJECT object : {WDFOBJECT(memory), WDFOBJECT(both), WDFOBJECT(string), WDFOBJECT(other)}) WdfObjectDelete(object);
    close();
    stop();
}

}  // namespace
