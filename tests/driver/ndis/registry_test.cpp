// SPDX-License-Identifier: Apache-2.0
// Keys and values by their path: ZwOpenKey and ZwQueryValueKey.
#include <cstring>

#include "test_stack.h"

namespace {

const char16_t* const kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

std::u16string path(const char16_t* rest) { return std::u16string(kServices) + rest; }

UNICODE_STRING string_of(const std::u16string& text) {
    const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
    return {bytes, bytes, reinterpret_cast<PWSTR>(const_cast<char16_t*>(text.data()))};
}

class Registry : public StackTest {
protected:
    void set(const char* driver, const char* adapter, const char* keyword, const char* value) {
        ASSERT_EQ(ndis_set_parameter(ndis_, driver, adapter, keyword, value), NDIS_STATUS_SUCCESS);
    }
    NTSTATUS open(const std::u16string& name, HANDLE* key, HANDLE root = nullptr) {
        UNICODE_STRING text = string_of(name);
        OBJECT_ATTRIBUTES attributes;
        InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, nullptr);
        return ZwOpenKey(key, KEY_READ, &attributes);
    }
    NTSTATUS query(HANDLE key, const std::u16string& name, KEY_VALUE_INFORMATION_CLASS kind, ULONG room) {
        UNICODE_STRING text = string_of(name);
        memset(room_, 0xEE, sizeof(room_));
        return ZwQueryValueKey(key, &text, kind, room_, room, &needed_);
    }
    PKEY_VALUE_PARTIAL_INFORMATION partial() { return reinterpret_cast<PKEY_VALUE_PARTIAL_INFORMATION>(room_); }
    std::u16string text() { return {reinterpret_cast<char16_t*>(partial()->Data), partial()->DataLength / sizeof(WCHAR)}; }

    alignas(8) UCHAR room_[256];
    ULONG needed_ = 0;
};

TEST_F(Registry, ADriversKeyIsFoundByItsPathInAnyCase) {
    set("testmp", nullptr, "Level", "42");
    for (const char16_t* name : {u"testmp", u"TestMP\\Parameters", u"TESTMP\\PARAMETERS"}) {
        HANDLE key = nullptr;
        ASSERT_EQ(open(path(name), &key), STATUS_SUCCESS);
        ASSERT_EQ(query(key, u"level", KeyValuePartialInformation, sizeof(room_)), STATUS_SUCCESS);
        EXPECT_EQ(partial()->Type, REG_DWORD);
        ULONG value;
        memcpy(&value, partial()->Data, sizeof(value));
        EXPECT_EQ(value, 42u);
        EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
    }
}

TEST_F(Registry, AnAdaptersKeyLiesBelowItsDrivers) {
    set("testproto", "nic0", "Label", "west");
    HANDLE parameters = nullptr, key = nullptr;
    ASSERT_EQ(open(path(u"testproto\\Parameters"), &parameters), STATUS_SUCCESS);
    ASSERT_EQ(open(u"Adapters\\NIC0", &key, parameters), STATUS_SUCCESS);
    ASSERT_EQ(query(key, u"Label", KeyValuePartialInformation, sizeof(room_)), STATUS_SUCCESS);
    EXPECT_EQ(partial()->Type, REG_SZ);
    EXPECT_EQ(text(), std::u16string(u"west\0", 5));
    EXPECT_EQ(query(parameters, u"Label", KeyValuePartialInformation, sizeof(room_)), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(key);
    ZwClose(parameters);
}

TEST_F(Registry, AKeyThatTheScenarioGivesByItsPathIsFound) {
    const char* where = "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Network\\{0}\\nic0\\Connection";
    set(where, nullptr, "Name", "Ethernet 2");
    HANDLE key = nullptr;
    ASSERT_EQ(open(u"\\REGISTRY\\MACHINE\\System\\CurrentControlSet\\Control\\Network\\{0}\\nic0\\Connection", &key), STATUS_SUCCESS);
    ASSERT_EQ(query(key, u"Name", KeyValuePartialInformation, sizeof(room_)), STATUS_SUCCESS);
    EXPECT_EQ(text(), std::u16string(u"Ethernet 2\0", 11));
    ZwClose(key);
}

TEST_F(Registry, WhatADriverWroteKeepsItsType) {
    start();
    NDIS_CONFIGURATION_OBJECT object{};
    object.Header = {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, 1, NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1};
    object.NdisHandle = miniport_.driver;
    NDIS_HANDLE configuration;
    ASSERT_EQ(NdisOpenConfigurationEx(&object, &configuration), NDIS_STATUS_SUCCESS);
    UCHAR bytes[3] = {1, 2, 3};
    NDIS_CONFIGURATION_PARAMETER parameter{};
    parameter.ParameterType = NdisParameterBinary;
    parameter.ParameterData.BinaryData = {sizeof(bytes), bytes};
    NDIS_STATUS status;
    const std::u16string name = u"Blob";
    UNICODE_STRING keyword = string_of(name);
    NdisWriteConfiguration(&status, configuration, &keyword, &parameter);
    NdisCloseConfiguration(configuration);
    HANDLE key = nullptr;
    ASSERT_EQ(open(path(u"testmp"), &key), STATUS_SUCCESS);
    ASSERT_EQ(query(key, u"Blob", KeyValuePartialInformation, sizeof(room_)), STATUS_SUCCESS);
    EXPECT_EQ(partial()->Type, REG_BINARY);
    ASSERT_EQ(partial()->DataLength, 3u);
    EXPECT_EQ(memcmp(partial()->Data, bytes, 3), 0);
    ZwClose(key);
    stop();
}

TEST_F(Registry, TooLittleRoomIsToldWithWhatIsNeeded) {
    set("testmp", nullptr, "Label", "east");
    HANDLE key = nullptr;
    ASSERT_EQ(open(path(u"testmp"), &key), STATUS_SUCCESS);
    const ULONG fixed = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data), whole = fixed + 10;
    EXPECT_EQ(query(key, u"Label", KeyValuePartialInformation, fixed - 1), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(needed_, whole);
    EXPECT_EQ(room_[0], 0xEE);
    EXPECT_EQ(query(key, u"Label", KeyValuePartialInformation, whole - 1), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(needed_, whole);
    EXPECT_EQ(partial()->DataLength, 10u);
    EXPECT_EQ(room_[whole - 2], 0);
    EXPECT_EQ(room_[whole - 1], 0xEE);
    EXPECT_EQ(query(key, u"Label", KeyValuePartialInformation, whole), STATUS_SUCCESS);
    ZwClose(key);
}

TEST_F(Registry, TheOtherFormsCarryTheName) {
    set("testmp", nullptr, "Label", "east");
    HANDLE key = nullptr;
    ASSERT_EQ(open(path(u"testmp"), &key), STATUS_SUCCESS);
    ASSERT_EQ(query(key, u"LABEL", KeyValueBasicInformation, sizeof(room_)), STATUS_SUCCESS);
    auto* basic = reinterpret_cast<PKEY_VALUE_BASIC_INFORMATION>(room_);
    EXPECT_EQ(basic->Type, REG_SZ);
    ASSERT_EQ(basic->NameLength, 10u);
    EXPECT_EQ(memcmp(basic->Name, u"Label", 10), 0);
    ASSERT_EQ(query(key, u"Label", KeyValueFullInformation, sizeof(room_)), STATUS_SUCCESS);
    auto* full = reinterpret_cast<PKEY_VALUE_FULL_INFORMATION>(room_);
    EXPECT_EQ(memcmp(full->Name, u"Label", full->NameLength), 0);
    EXPECT_EQ(full->DataLength, 10u);
    EXPECT_EQ(memcmp(room_ + full->DataOffset, u"east", 10), 0);
    EXPECT_EQ(needed_, full->DataOffset + full->DataLength);
    ZwClose(key);
}

TEST_F(Registry, WhatIsNotThereIsNotFound) {
    HANDLE key = nullptr;
    EXPECT_EQ(open(path(u"nobody"), &key), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(open(path(u"testmp\\Parameters\\Adapters\\nic9"), &key), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(open(u"\\Registry\\Machine\\Software", &key), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(key, nullptr);
    ASSERT_EQ(open(path(u"testmp"), &key), STATUS_SUCCESS);
    EXPECT_EQ(query(key, u"Nothing", KeyValuePartialInformation, sizeof(room_)), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(key);
}

TEST_F(Registry, AKeyThatIsNotClosedIsReported) {
    HANDLE key = nullptr;
    ASSERT_EQ(open(path(u"testmp"), &key), STATUS_SUCCESS);
    leaks_expected_ = true;  // "pool.leaked", of the tag DKey
}

NTSTATUS remember_path(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    auto* seen = static_cast<std::u16string*>(ndis_driver_argument(driver));
    seen->assign(reinterpret_cast<char16_t*>(path->Buffer), path->Length / sizeof(WCHAR));
    return STATUS_SUCCESS;
}

TEST_F(Registry, DriverEntryIsGivenThePathOfItsOwnKey) {
    std::u16string seen;
    ASSERT_EQ(ndis_load_driver(ndis_, "curious", remember_path, &seen), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(seen, path(u"curious"));
    set("curious", nullptr, "Depth", "0x10");
    HANDLE key = nullptr;
    ASSERT_EQ(open(seen, &key), STATUS_SUCCESS);
    EXPECT_EQ(query(key, u"Depth", KeyValuePartialInformation, sizeof(room_)), STATUS_SUCCESS);
    EXPECT_EQ(partial()->Data[0], 16);
    ZwClose(key);
}

}  // namespace
