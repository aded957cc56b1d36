using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>Counts of requests and of read and write sizes. Kept by one thread; read by others, torn values do no harm.</summary>
internal sealed class ExportTotals
{
    /// <summary>Classes of sizes: below 4 KiB, then a doubling each, the last from 4 MiB.</summary>
    public const int SizeClasses = 12;

    private readonly long[] _requests = new long[128];
    private readonly long[] _reads = new long[SizeClasses];
    private readonly long[] _writes = new long[SizeClasses];
    private long _bytesRead;
    private long _bytesWritten;

    /// <summary>Payload bytes sent.</summary>
    public long BytesRead => _bytesRead;

    /// <summary>Payload bytes taken.</summary>
    public long BytesWritten => _bytesWritten;

    /// <summary>Reads by size.</summary>
    public ReadOnlySpan<long> Reads => _reads;

    /// <summary>Writes by size.</summary>
    public ReadOnlySpan<long> Writes => _writes;

    /// <summary>Requests of a type.</summary>
    public long Requests(P9Type type) => _requests[(byte)type >> 1];

    public void CountRequest(P9Type type) => _requests[(byte)type >> 1]++;

    public void CountRead(int size)
    {
        _bytesRead += size;
        _reads[ClassOf(size)]++;
    }

    public void CountWrite(int size)
    {
        _bytesWritten += size;
        _writes[ClassOf(size)]++;
    }

    /// <summary>Adds the counts of another.</summary>
    public void Add(ExportTotals other)
    {
        Add(_requests, other._requests);
        Add(_reads, other._reads);
        Add(_writes, other._writes);
        _bytesRead += other._bytesRead;
        _bytesWritten += other._bytesWritten;
    }

    private static int ClassOf(int size) => Math.Clamp(System.Numerics.BitOperations.Log2((uint)size) - 11, 0, SizeClasses - 1);

    private static void Add(long[] sum, long[] more)
    {
        for (var i = 0; i < sum.Length; i++)
            sum[i] += more[i];
    }
}
