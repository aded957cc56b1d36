using System.Text;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Etcd;
using Pentode.Locks.Stores.Etcd.Wire;

namespace Pentode.Tests.Locks.Etcd;

/// <summary>Golden bytes of etcd's messages, made by an encoder that shares nothing with ours; malformed input of every kind.</summary>
public sealed class EtcdWireTests
{
    private const string Header = "0a1a08b298eaf1948386fccd0110cdd2918bd2b881cf8e0118022002";

    public static TheoryData<string, string> Answers() => new()
    {
        { "range", Header + "12120a03666f6f1002180520032a03626172300718012009" },
        { "txn", Header + "10011a180a1612120a03666f6f1002180520032a03626172300720011a0212001a041a021004" },
        { "watch", Header + "10015a1412120a03666f6f1002180520032a0362617230075a0b080112070a03666f6f1806" },
        { "status", Header + "1206332e342e32331880a00120cdd2918bd2b881cf8e01280c3002380b42196d656d62657249443a3120616c61726d3a4e4f535041434520488080015001" },
        { "alarms", Header + "120d08cdd2918bd2b881cf8e011001" },
        { "members", Header + "121a080512026d301a08687474703a2f2f702208687474703a2f2f63120408062801" },
        { "token", Header + "1208746f6b656e2e3132" },
        { "delete", Header + "1004" },
    };

    [Fact]
    public void Requests_have_their_golden_bytes()
    {
        Assert.Equal("0a03666f6f", Hex(w => new RangeRequest(Ascii("foo"), []).Write(w)));
        Assert.Equal("0a0161120162180520073801", Hex(w => new RangeRequest(Ascii("a"), Ascii("b"), 5, 7, true).Write(w)));
        Assert.Equal("120a12080a016b1201761809", Hex(w => EtcdOperation.Put(Ascii("k"), Ascii("v"), 9).Write(w, 2)));
        Assert.Equal("1a050a030a016b", Hex(w => EtcdOperation.Get(Ascii("k")).Write(w, 3)));
        Assert.Equal("12081a060a016b12016c", Hex(w => EtcdOperation.DeleteRange(Ascii("k"), Ascii("l")).Write(w, 2)));
        Assert.Equal("0a09080110011a016b2800", Hex(w => EtcdCompare.Exists(Ascii("k")).Write(w, 1)));
        Assert.Equal("0a0710011a016b2800", Hex(w => EtcdCompare.Absent(Ascii("k")).Write(w, 1)));
        Assert.Equal("0a0810021a016b30ac02", Hex(w => EtcdCompare.ModIs(Ascii("k"), 300).Write(w, 1)));
        Assert.Equal("0a0810031a016b3a0176", Hex(w => EtcdCompare.ValueIs(Ascii("k"), Ascii("v")).Write(w, 1)));
        Assert.Equal("0a070a016b18062001", Hex(w => new WatchCreateRequest(Ascii("k"), [], 6, true).Write(w)));
        Assert.Equal("1a00", Convert.ToHexStringLower(WatchCreateRequest.Progress.Span));
        Assert.Equal("0a04726f6f7412027077", Convert.ToHexStringLower(new AuthenticateRequest("root", "pw").ToArray()));
        Assert.Equal("08281001", Convert.ToHexStringLower(new CompactionRequest(40, true).ToArray()));
        Assert.Equal("080210cdd2918bd2b881cf8e011801", Convert.ToHexStringLower(new EtcdAlarm(0x8e9e05c52164694d, EtcdAlarmKind.NoSpace).ToDisarmRequest()));
    }

    [Fact]
    public void A_transaction_is_compares_then_both_branches() =>
        Assert.Equal(
            "0a0710011a016b2800" + "120a12080a016b1201761809" + "1a050a030a016b",
            Hex(w => new TxnRequest([EtcdCompare.Absent(Ascii("k"))], [EtcdOperation.Put(Ascii("k"), Ascii("v"), 9)], [EtcdOperation.Get(Ascii("k"))]).Write(w)));

    [Fact]
    public void A_length_of_two_octets_is_put_before_the_message() =>
        Assert.StartsWith("12d10112ce010a01", Hex(w => EtcdOperation.Put(Ascii("k"), new byte[200]).Write(w, 2)), StringComparison.Ordinal);

    [Fact]
    public void A_frame_is_a_flag_a_length_and_the_message()
    {
        Assert.Equal("0000000003616263", Convert.ToHexStringLower(GrpcFrame.Wrap(Ascii("abc"))));
        Assert.Equal(3, GrpcFrame.ReadLength([0, 0, 0, 0, 3]));
        Assert.Equal(-1, GrpcFrame.ReadLength([1, 0, 0, 0, 3]));
        Assert.Equal(-1, GrpcFrame.ReadLength([0, 0xff, 0, 0, 3]));
    }

    [Fact]
    public void Answers_are_read()
    {
        var range = RangeResponse.Read(Bytes("range"))!;
        Assert.Equal(new EtcdHeader(0xcdf818194e3a8c32, 0x8e9e05c52164694d, 2, 2), range.Header);
        Assert.True(range.More);
        Assert.Equal(9, range.Count);
        var pair = Assert.Single(range.Pairs);
        Assert.Equal(("foo", 2L, 5L, 3L, "bar", 7L), (Encoding.ASCII.GetString(pair.Key), pair.CreateRevision, pair.ModRevision, pair.Version, Encoding.ASCII.GetString(pair.Value), pair.Lease));

        var txn = TxnResponse.Read(Bytes("txn"))!;
        Assert.True(txn.Succeeded);
        Assert.Equal([EtcdOperationKind.Range, EtcdOperationKind.Put, EtcdOperationKind.Delete], txn.Results.Select(r => r.Kind));
        Assert.Equal(5, txn.Results[0].Pairs[0].ModRevision);
        Assert.Equal(4, txn.Results[2].Deleted);

        var watch = WatchResponse.Read(Bytes("watch"))!;
        Assert.Equal([false, true], watch.Events.Select(e => e.IsDelete));
        Assert.Equal(6, watch.Events[1].Pair.ModRevision);
        var cancelled = WatchResponse.Read(Convert.FromHexString(Header + "200128283209636f6d706163746564"))!;
        Assert.Equal((true, 40L, "compacted"), (cancelled.Canceled, cancelled.CompactRevision, cancelled.Reason));

        var status = StatusResponse.Read(Bytes("status"))!;
        Assert.Equal(("3.4.23", 20480L, 0x8e9e05c52164694dUL, 12UL, 2UL, 11UL, 16384L, true), (status.Version, status.DatabaseBytes, status.Leader, status.RaftIndex, status.RaftTerm, status.RaftAppliedIndex, status.InUseBytes, status.IsLearner));
        Assert.Contains("NOSPACE", Assert.Single(status.Errors), StringComparison.Ordinal);

        Assert.Equal([new EtcdAlarm(0x8e9e05c52164694d, EtcdAlarmKind.NoSpace)], EtcdAlarm.ReadList(Bytes("alarms"))!);
        var members = EtcdMemberInfo.ReadList(Bytes("members"))!;
        Assert.Equal([("m0", "http://c", false), ("", "", true)], members.Select(m => (m.Name, string.Join(',', m.ClientUrls), m.IsLearner)));
        Assert.Equal("token.12", AuthenticateRequest.ReadToken(Bytes("token")));
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void A_message_cut_anywhere_or_with_a_byte_too_many_never_throws(string kind, string hex)
    {
        var whole = Convert.FromHexString(hex);
        Assert.True(Reads(kind, whole));
        for (var length = 0; length < whole.Length; length++)
            _ = Reads(kind, whole.AsSpan(0, length));
        Assert.False(Reads(kind, whole.AsSpan(0, 27)));

        // A lone tag byte behind the message lacks its value.
        Assert.False(Reads(kind, [.. whole, 0x08]));
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void A_message_with_any_byte_changed_never_throws(string kind, string hex)
    {
        var whole = Convert.FromHexString(hex);
        for (var i = 0; i < whole.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = whole.ToArray();
                changed[i] ^= (byte)(1 << bit);
                _ = Reads(kind, changed);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("f8ffffffff01")]
    public void Unknown_fields_are_passed_over(string tail)
    {
        // Field 90 as varint, 64 bit, bytes and 32 bit.
        var extra = "d00501" + "d1050102030405060708" + "d20502aabb" + "d50501020304";
        var header = Convert.FromHexString("0802" + extra);
        Assert.True(EtcdHeader.TryRead(header, out var read));
        Assert.Equal(2UL, read.ClusterId);
        Assert.Equal(tail.Length == 0, EtcdHeader.TryRead([.. header, .. Convert.FromHexString(tail)], out _));
    }

    [Theory]
    [InlineData("08ffffffffffffffffff02")]
    [InlineData("08ffffffffffffffffffff01")]
    [InlineData("0b")]
    [InlineData("0001")]
    [InlineData("0a01ff")]
    [InlineData("12ffffffff0f")]
    public void Malformed_encodings_are_refused(string hex) => Assert.Null(RangeResponse.Read(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("3.4.23", true, false)]
    [InlineData("3.4.31", false, false)]
    [InlineData("3.4.20", true, true)]
    [InlineData("3.3.25", true, true)]
    [InlineData("3.5.4", true, true)]
    [InlineData("3.5.12", true, false)]
    [InlineData("3.5.13", false, false)]
    [InlineData("3.6.0-rc.1", false, false)]
    public void Versions_are_judged(string text, bool warned, bool refused)
    {
        var version = EtcdVersion.Parse(text)!;
        Assert.Equal(warned, EtcdVersion.Warning(version) is not null);
        Assert.Equal(refused, EtcdVersion.IsRefused(version));
    }

    [Theory]
    [InlineData("")]
    [InlineData("three")]
    [InlineData("3.4")]
    public void A_version_without_three_numbers_is_none(string text) => Assert.Null(EtcdVersion.Parse(text));

    [Theory]
    [InlineData("61", "62")]
    [InlineData("61ff", "62")]
    [InlineData("ffff", null)]
    [InlineData("2f612f", "2f6130")]
    public void The_end_of_a_prefix_is_the_first_key_behind_it(string prefix, string? end) =>
        Assert.Equal(end, KeyRange.EndOfPrefix(Convert.FromHexString(prefix)) is { } found ? Convert.ToHexStringLower(found) : null);

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private static byte[] Bytes(string kind) => Convert.FromHexString(Answers().First(r => r.Data.Item1 == kind).Data.Item2);

    private static bool Reads(string kind, ReadOnlySpan<byte> message) => kind switch
    {
        "range" => RangeResponse.Read(message) is not null,
        "txn" => TxnResponse.Read(message) is not null,
        "watch" => WatchResponse.Read(message) is not null,
        "status" => StatusResponse.Read(message) is not null,
        "alarms" => EtcdAlarm.ReadList(message) is not null,
        "members" => EtcdMemberInfo.ReadList(message) is not null,
        "token" => AuthenticateRequest.ReadToken(message) is not null,
        _ => DeleteRangeResponse.TryRead(message, out _),
    };

    private static string Hex(Action<ProtoWriter> write)
    {
        var writer = new ProtoWriter();
        write(writer);
        return Convert.ToHexStringLower(writer.ToArray());
    }
}
