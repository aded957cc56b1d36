using System.Diagnostics;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>The last events of the server, and their lines. One thread.</summary>
internal sealed class RingsTrace
{
    private readonly RingsTraceEvent[] _events = new RingsTraceEvent[RingsWire.TraceCapacity];
    private readonly byte[] _line = new byte[1024];
    private readonly byte[] _identity;
    private readonly RingsLine? _sink;

    public RingsTrace(uint? jobId, RingsLine? sink)
    {
        _sink = sink;
        _identity = System.Text.Encoding.ASCII.GetBytes($" pid={Environment.ProcessId} job_id={(jobId is { } id ? id.ToString(System.Globalization.CultureInfo.InvariantCulture) : "-")}");
    }

    /// <summary>" pid=N job_id=J".</summary>
    public ReadOnlySpan<byte> Identity => _identity;

    /// <summary>Number of the newest event; 0 before the first.</summary>
    public ulong Latest { get; private set; }

    /// <summary>Number of the oldest event kept; 0 before the first.</summary>
    public ulong Oldest => Latest == 0 ? 0 : Latest - Math.Min(Latest, RingsWire.TraceCapacity) + 1;

    public void Add(RingsTraceKind kind, RingsKind task, RingsPriority priority, int client, ulong id, uint resource, int result, uint credits, uint bytes)
    {
        var traced = new RingsTraceEvent
        {
            Sequence = ++Latest,
            TimestampNsec = NowNsec(),
            Task = id,
            Resource = resource,
            Result = result,
            Credits = credits,
            Event = kind,
            Kind = task,
            ClientSlot = (ushort)client,
            Priority = priority,
        };
        _events[(Latest - 1) % RingsWire.TraceCapacity] = traced;
        if (_sink is not null)
            Write(traced, bytes);
    }

    /// <summary>Writes head and events after <paramref name="after"/>, at most <paramref name="most"/>; the caller made sure of the space.</summary>
    public int Answer(Span<byte> to, ulong after, uint most)
    {
        // The number after the last one wraps in the original; here nothing comes after it.
        var first = Math.Max(after == ulong.MaxValue ? after : after + 1, Oldest);
        var count = Latest == 0 || first > Latest ? 0 : (uint)Math.Min(Latest - first + 1, most);
        var length = new RingsTraceHead { OldestSequence = Oldest, LatestSequence = Latest, Count = count }.Write(to);
        for (uint i = 0; i < count; i++)
            length += _events[(first + i - 1) % RingsWire.TraceCapacity].Write(to[length..]);
        return length;
    }

    private static ulong NowNsec()
    {
        // Stopwatch reads CLOCK_MONOTONIC in nanoseconds on Linux.
        Debug.Assert(Stopwatch.Frequency == 1_000_000_000, "the clock counts nanoseconds");
        return (ulong)Stopwatch.GetTimestamp();
    }

    private void Write(in RingsTraceEvent e, uint bytes)
    {
        var line = new RingsLineWriter(_line);
        line.Text("iouringd trace sequence="u8);
        line.Number(e.Sequence);
        line.Text(" timestamp_nsec="u8);
        line.Number(e.TimestampNsec);
        line.Text(_identity);
        line.Text(" client_slot="u8);
        line.Number(e.ClientSlot);
        line.Text(" event="u8);
        line.Text(RingsNames.Of(e.Event));
        line.Text(" task_kind="u8);
        line.Text(RingsNames.Of(e.Kind));
        line.Text(" priority="u8);
        line.Text(RingsNames.Of(e.Priority));
        line.Text(" task_id="u8);
        line.Number(e.Task);
        line.Text(" resource_id="u8);
        line.Number(e.Resource);
        line.Text(" bytes="u8);
        line.Number(bytes);
        line.Text(" result="u8);
        line.Signed(e.Result);
        line.Text(" credits="u8);
        line.Number(e.Credits);
        line.Text("\n"u8);
        _sink!(line.Written);
    }
}
