using Pentode.Locks.Record;

namespace Pentode.Tests.Locks;

public sealed class LockRecordTests
{
    private static readonly SessionId s_a = new(0x0102030405060708, 0x1112131415161718);
    private static readonly SessionId s_b = new(2, 2);
    private static readonly SessionId s_c = new(3, 3);
    private readonly List<RecordHint> _hints = [];

    [Fact]
    public void The_bytes_are_those_of_the_design()
    {
        var record = new LockRecord(0x0A);
        record.Want(s_a, LockMode.Exclusive, 0x77, EntryFlags.None, false, _hints);
        var value = new byte[64];
        value[0] = 0xEE;
        Assert.True(record.SetValue(s_a, value));
        record.Want(s_b, LockMode.Shared, 0x88, EntryFlags.Try, false, _hints);
        Assert.Equal(
            "504C" + "0100" + "01000000" + "0B00000000000000" + "0B00000000000000" + "EE" + new string('0', 126) + "0200"
            + "01020304050607081112131415161718" + "02" + "00" + "00" + "00" + "00000000" + "0B00000000000000" + "7700000000000000"
            + "00000000000000020000000000000002" + "00" + "01" + "01" + "00" + "01000000" + "0000000000000000" + "8800000000000000",
            Convert.ToHexString(LockRecordCodec.Encode(record)));
    }

    [Fact]
    public void A_record_comes_back_from_its_bytes()
    {
        var record = Contended();
        var bytes = LockRecordCodec.Encode(record);
        Assert.True(LockRecordCodec.TryDecode(bytes, out var read, out _));
        Assert.Equal(bytes, LockRecordCodec.Encode(read));
        Assert.Equal(record.Entries, read.Entries);
        Assert.True(LockRecordCodec.HeaderBytes + (16 * LockRecordCodec.EntryBytes) <= 1024);
    }

    [Fact]
    public void Bytes_that_are_cut_or_one_too_long_are_refused()
    {
        var bytes = LockRecordCodec.Encode(Contended());
        for (var length = 0; length < bytes.Length; length++)
            Assert.False(LockRecordCodec.TryDecode(bytes.AsSpan(0, length), out _, out var problem) || problem.Length == 0);
        Assert.False(LockRecordCodec.TryDecode([.. bytes, 0], out _, out _));
    }

    [Fact]
    public void Hostile_bytes_never_yield_a_record_that_breaks_the_invariants()
    {
        var random = new Random(42);
        var bytes = LockRecordCodec.Encode(Contended());
        var accepted = 0;
        for (var round = 0; round < 200_000; round++)
        {
            var hostile = (byte[])bytes.Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
                hostile[random.Next(hostile.Length)] = (byte)random.Next(256);
            if (!LockRecordCodec.TryDecode(hostile, out var record, out _))
                continue;
            accepted++;
            Assert.Null(record.Violation());
            record.Reap(s_a, false, _hints);
            _hints.Clear();
        }

        Assert.True(accepted > 0);
    }

    [Theory]
    [InlineData(0, 0x51)]
    [InlineData(2, 2)]
    [InlineData(4, 0x80)]
    [InlineData(88, 0xFF)]
    [InlineData(90 + 16, 3)]
    [InlineData(90 + 19, 1)]
    [InlineData(90 + 18, 0x40)]
    public void Unknown_magic_version_flags_modes_and_counts_are_refused(int at, byte value)
    {
        var bytes = LockRecordCodec.Encode(Contended());
        bytes[at] = value;
        Assert.False(LockRecordCodec.TryDecode(bytes, out _, out _));
    }

    [Fact]
    public void Two_exclusive_grants_a_session_twice_and_tokens_from_the_future_are_refused()
    {
        var one = new LockEntry(s_a, LockMode.Exclusive, LockMode.Null, EntryFlags.None, 0, 5, 1);
        Assert.NotNull(Of(one, one with { Session = s_b, Token = 4 }).Violation());
        Assert.NotNull(Of(one, one with { Session = s_b, Token = 4, Granted = LockMode.Shared }).Violation());
        Assert.NotNull(Of(one, one with { Granted = LockMode.Null, Token = 0 }).Violation());
        Assert.NotNull(Of(one with { Token = 11 }).Violation());
        Assert.NotNull(Of(one with { Wanted = LockMode.Shared, Sequence = 1 }).Violation());
        Assert.NotNull(Of(one with { Sequence = 1 }).Violation());
        Assert.Null(Of(one).Violation());
    }

    [Fact]
    public void The_queue_is_first_come_first_served_and_neighbouring_readers_go_together()
    {
        var record = new LockRecord(0);
        record.Want(s_a, LockMode.Exclusive, 1, EntryFlags.None, false, _hints);
        Assert.Equal([new RecordHint(HintKind.Grant, s_a, LockMode.Exclusive)], _hints);
        _hints.Clear();
        var (d, e) = (new SessionId(4, 4), new SessionId(5, 5));
        record.Want(s_b, LockMode.Shared, 2, EntryFlags.None, false, _hints);
        Assert.Equal([new RecordHint(HintKind.Recall, s_a, LockMode.Shared)], _hints);
        record.Want(s_c, LockMode.Shared, 3, EntryFlags.None, false, _hints);
        record.Want(d, LockMode.Exclusive, 4, EntryFlags.None, false, _hints);
        record.Want(e, LockMode.Shared, 5, EntryFlags.None, false, _hints);
        _hints.Clear();
        record.Yield(s_a, LockMode.Null, default, _hints);
        Assert.Equal(LockMode.Shared, Entry(record, s_b).Granted);
        Assert.Equal(LockMode.Shared, Entry(record, s_c).Granted);
        Assert.Equal(LockMode.Null, Entry(record, d).Granted);
        // The late reader does not overtake the writer.
        Assert.Equal(LockMode.Null, Entry(record, e).Granted);
        Assert.Equal(LockMode.Exclusive, record.BlockedBy(s_b));
        record.Yield(s_b, LockMode.Null, default, _hints);
        record.Yield(s_c, LockMode.Null, default, _hints);
        Assert.Equal(LockMode.Exclusive, Entry(record, d).Granted);
        Assert.Equal(LockMode.Shared, record.BlockedBy(d));
        Assert.Equal(4UL, Entry(record, d).Token);
    }

    [Fact]
    public void A_request_that_is_repeated_changes_nothing()
    {
        var record = Contended();
        var before = LockRecordCodec.Encode(record);
        record.Want(s_b, LockMode.Exclusive, 2, EntryFlags.None, false, _hints);
        record.Want(s_a, LockMode.Shared, 9, EntryFlags.None, false, _hints);
        record.Cancel(s_b, 77, _hints);
        record.Yield(s_a, LockMode.Exclusive, default, _hints);
        record.Drop(new SessionId(9, 9), default, _hints);
        Assert.Equal(before, LockRecordCodec.Encode(record));
    }

    [Fact]
    public void An_upgrade_gives_the_shared_grant_up_unless_it_is_used()
    {
        var record = new LockRecord(0);
        record.Want(s_a, LockMode.Shared, 1, EntryFlags.None, false, _hints);
        record.Want(s_b, LockMode.Shared, 2, EntryFlags.None, false, _hints);
        record.Want(s_a, LockMode.Exclusive, 3, EntryFlags.None, keepGranted: true, _hints);
        Assert.Equal(new LockEntry(s_a, LockMode.Shared, LockMode.Exclusive, EntryFlags.Convert, 1, 1, 3), Entry(record, s_a));
        record.Want(s_b, LockMode.Exclusive, 4, EntryFlags.None, keepGranted: false, _hints);
        Assert.Equal(LockMode.Exclusive, Entry(record, s_a).Granted);
        Assert.Equal(3UL, Entry(record, s_a).Token);
        Assert.Equal(LockMode.Exclusive, Entry(record, s_b).Wanted);
    }

    [Fact]
    public void An_upgrade_whose_user_holds_the_shared_grant_goes_before_those_it_keeps_waiting()
    {
        var record = new LockRecord(0);
        record.Want(s_a, LockMode.Shared, 1, EntryFlags.None, false, _hints);
        record.Want(s_b, LockMode.Exclusive, 2, EntryFlags.None, false, _hints);
        record.Want(s_c, LockMode.Shared, 3, EntryFlags.None, false, _hints);
        Assert.Equal(LockMode.Exclusive, record.BlockedBy(s_a));
        record.Want(s_a, LockMode.Exclusive, 4, EntryFlags.Pinned, keepGranted: true, _hints);
        Assert.Equal(LockMode.Exclusive, Entry(record, s_a).Granted);
        record.Yield(s_a, LockMode.Null, default, _hints);
        Assert.Equal(LockMode.Exclusive, Entry(record, s_b).Granted);
        Assert.Equal(LockMode.Shared, Entry(record, s_c).Wanted);
    }

    [Fact]
    public void The_value_is_written_by_exclusive_grants_only_and_suspect_when_one_dies()
    {
        var value = Enumerable.Repeat((byte)7, 64).ToArray();
        var record = new LockRecord(0);
        record.Want(s_a, LockMode.Shared, 1, EntryFlags.None, false, _hints);
        Assert.False(record.SetValue(s_a, value));
        record.Drop(s_a, value, _hints);
        Assert.Equal(0UL, record.ValueGeneration);
        record.Want(s_a, LockMode.Exclusive, 2, EntryFlags.None, false, _hints);
        record.Yield(s_a, LockMode.Shared, value, _hints);
        Assert.Equal(value, record.Value);
        Assert.Equal(2UL, record.ValueGeneration);
        Assert.Equal(RecordFlags.ValueSet, record.Flags);
        record.Want(s_a, LockMode.Exclusive, 3, EntryFlags.None, false, _hints);
        record.Reap(s_a, zeroValue: false, _hints);
        Assert.Equal(RecordFlags.ValueSet | RecordFlags.ValueSuspect | RecordFlags.Orphan, record.Flags);
        Assert.Equal(value, record.Value);
        record.Want(s_b, LockMode.Exclusive, 4, EntryFlags.None, false, _hints);
        Assert.True(record.SetValue(s_b, value));
        Assert.Equal(RecordFlags.ValueSet, record.Flags);
        record.Reap(s_b, zeroValue: true, _hints);
        Assert.Equal(new byte[64], record.Value);
        // The dead gave nothing up: what the value was worth is for the next user, and goes when he drops it.
        Assert.False(record.IsRemovable);
        record.Want(s_c, LockMode.Shared, 5, EntryFlags.None, false, _hints);
        record.Drop(s_c, default, _hints);
        Assert.True(record.IsRemovable);
    }

    [Fact]
    public void Who_blocks_nobody_any_more_is_told()
    {
        var record = Contended();
        var before = record.Clone();
        record.Cancel(s_b, 2, _hints);
        record.Cancel(s_c, 3, _hints);
        _hints.Clear();
        record.HintCleared(before, _hints);
        Assert.Equal([new RecordHint(HintKind.Clear, s_a, LockMode.Null)], _hints);
    }

    [Fact]
    public void A_queue_that_was_never_empty_is_numbered_again()
    {
        var waiting = new LockEntry(s_b, LockMode.Null, LockMode.Exclusive, EntryFlags.None, 1u << 31, 0, 2);
        var record = Of(new LockEntry(s_a, LockMode.Exclusive, LockMode.Null, EntryFlags.None, 0, 5, 1), waiting, waiting with { Session = s_c, Sequence = (1u << 31) - 1 });
        var d = new SessionId(4, 4);
        record.Want(d, LockMode.Shared, 9, EntryFlags.None, false, _hints);
        Assert.Equal([1u, 2u, 3u], new[] { s_c, s_b, d }.Select(s => Entry(record, s).Sequence));
    }

    [Fact]
    public void Random_transitions_keep_the_invariants_and_tokens_grow()
    {
        var random = new Random(7);
        SessionId[] sessions = [s_a, s_b, s_c, new(4, 4)];
        var record = new LockRecord(0);
        ulong request = 0;
        var lastExclusive = 0UL;
        for (var step = 0; step < 200_000; step++)
        {
            var session = sessions[random.Next(sessions.Length)];
            var generation = record.Generation;
            switch (random.Next(6))
            {
                case 0 or 1:
                    record.Want(session, (LockMode)random.Next(1, 3), ++request, (EntryFlags)random.Next(2), random.Next(2) == 0, _hints);
                    break;
                case 2:
                    record.Yield(session, (LockMode)random.Next(2), random.Next(2) == 0 ? new byte[64] : default, _hints);
                    break;
                case 3:
                    record.Cancel(session, record.TryGet(session, out var entry) ? entry.Request : 0, _hints);
                    break;
                case 4:
                    record.Drop(session, default, _hints);
                    break;
                default:
                    record.Reap(session, random.Next(2) == 0, _hints);
                    break;
            }

            Assert.True(record.Generation >= generation);
            foreach (var holder in record.Entries.Where(e => e.Granted == LockMode.Exclusive && e.Token > lastExclusive))
                lastExclusive = holder.Token;
            Assert.DoesNotContain(record.Entries, e => e.Granted == LockMode.Exclusive && e.Token < lastExclusive);
            _hints.Clear();
        }
    }

    [Fact]
    public void Session_ids_are_32_hexadecimal_digits()
    {
        Assert.Equal("01020304050607081112131415161718", s_a.ToString());
        Assert.True(SessionId.TryParse(s_a.ToString(), out var parsed));
        Assert.Equal(s_a, parsed);
        Assert.False(SessionId.TryParse("0102030405060708111213141516171", out _));
        Assert.False(SessionId.TryParse("0102030405060708111213141516171g", out _));
        Assert.Equal(SessionId.Of("node", 1).NodeHash, SessionId.Of("node", 2).NodeHash);
        Assert.NotEqual(SessionId.Of("node", 1).NodeHash, SessionId.Of("edon", 1).NodeHash);
    }

    private static LockRecord Of(params LockEntry[] entries) => new(RecordFlags.None, 10, 0, new byte[64], [.. entries]);

    private static LockEntry Entry(LockRecord record, SessionId session)
    {
        Assert.True(record.TryGet(session, out var entry));
        return entry;
    }

    private LockRecord Contended()
    {
        var record = new LockRecord(4);
        record.Want(s_a, LockMode.Exclusive, 1, EntryFlags.None, false, _hints);
        record.Want(s_b, LockMode.Exclusive, 2, EntryFlags.None, false, _hints);
        record.Want(s_c, LockMode.Shared, 3, EntryFlags.Try, false, _hints);
        _hints.Clear();
        return record;
    }
}
