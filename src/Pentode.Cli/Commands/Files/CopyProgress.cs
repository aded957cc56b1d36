using System.Diagnostics;
using System.Globalization;

namespace Pentode.Cli.Commands.Files;

/// <summary>Counts, and a line on standard error that says how far a copy is, when somebody can see it.</summary>
internal sealed class CopyProgress : IDisposable
{
    private const int IntervalMs = 200;
    private const string EraseLine = "\r\u001b[K";

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly Timer? _timer;
    private long _bytes;
    private long _files;
    private bool _isShown;

    public CopyProgress(bool isVisible)
    {
        if (isVisible)
            _timer = new Timer(static state => ((CopyProgress)state!).Show(), this, IntervalMs, IntervalMs);
    }

    /// <summary>One more file or link is copied.</summary>
    public void AddFile(bool isGood)
    {
        if (isGood)
            Interlocked.Increment(ref _files);
    }

    /// <summary>More bytes are copied.</summary>
    public void AddBytes(long count) => Interlocked.Add(ref _bytes, count);

    /// <summary>Makes room for a message.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (_isShown)
                Console.Error.Write(EraseLine);
            _isShown = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_timer is null)
            return;
        using (var ended = new ManualResetEvent(false))
        {
            if (_timer.Dispose(ended))
                ended.WaitOne();
        }

        lock (_lock)
        {
            Console.Error.WriteLine(EraseLine + Text());
            _isShown = false;
        }
    }

    private void Show()
    {
        lock (_lock)
        {
            Console.Error.Write(EraseLine + Text());
            _isShown = true;
        }
    }

    private string Text()
    {
        var seconds = Math.Max(Stopwatch.GetElapsedTime(_start).TotalSeconds, 0.001);
        var bytes = Interlocked.Read(ref _bytes);
        return string.Create(CultureInfo.InvariantCulture, $"{Size(bytes)}, {Interlocked.Read(ref _files)} files, {Size((long)(bytes / seconds))}/s");
    }

    private static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var value = (double)bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + units[unit];
    }
}
