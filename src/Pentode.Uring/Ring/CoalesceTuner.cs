namespace Pentode.Uring.Ring;

/// <summary>
/// Decides how long a wait may hold back for more completions. With several requests in flight per client one wake-up for many is much
/// cheaper than one each, so the wait climbs while batches stay large; it falls to 0 at once when they shrink, and with a single
/// request in flight (batches of one) it never leaves 0, which keeps the latency of a lone client untouched.
/// </summary>
internal sealed class CoalesceTuner
{
    /// <summary>Completions that end a held-back wait.</summary>
    public const int TargetBatch = 8;

    private const int WindowTurns = 32;
    private const int StepUsec = 5;

    private readonly int _maxUsec;
    private int _turns;
    private int _completions;
    private int _lonelyTurns;
    private int _bestBatch16;
    private bool _isSettled;
    private int _settledWindows;

    public CoalesceTuner(int maxUsec)
    {
        _maxUsec = Math.Max(0, maxUsec);
    }

    /// <summary>Microseconds to hold back now; 0 for none.</summary>
    public int WaitUsec { get; private set; }

    /// <summary>Tells of a turn that waited and got <paramref name="completions"/> (timeouts with none are not told).</summary>
    public void OnTurn(int completions)
    {
        if (_maxUsec == 0 || completions == 0)
            return;
        _turns++;
        _completions += completions;
        _lonelyTurns = completions == 1 ? _lonelyTurns + 1 : 0;
        // A row of single completions means nobody else is in flight: every microsecond held back is latency for nothing.
        if (_lonelyTurns >= 4)
        {
            Reset();
            return;
        }

        if (_turns < WindowTurns)
            return;
        var batch16 = _completions * 16 / _turns;
        _turns = 0;
        _completions = 0;
        Adjust(batch16);
    }

    // batch16 is the mean batch of the window times 16.
    private void Adjust(int batch16)
    {
        if (batch16 < 3 * 16 / 2)
        {
            Reset();
            return;
        }

        if (batch16 >= TargetBatch * 16)
        {
            // The target is met: a longer wait cannot help.
            _bestBatch16 = batch16;
            return;
        }

        if (_isSettled)
        {
            // Try again from time to time, since the load may have changed.
            if (++_settledWindows < 16)
                return;
            _isSettled = false;
            _settledWindows = 0;
            _bestBatch16 = 0;
        }

        if (WaitUsec > 0 && batch16 <= _bestBatch16 + 2)
        {
            // The last step did not make batches grow: take it back and stay there.
            WaitUsec = Math.Max(0, WaitUsec - StepUsec);
            _isSettled = true;
            return;
        }

        _bestBatch16 = batch16;
        WaitUsec = Math.Min(_maxUsec, WaitUsec + StepUsec);
    }

    private void Reset()
    {
        WaitUsec = 0;
        _turns = 0;
        _completions = 0;
        _lonelyTurns = 0;
        _bestBatch16 = 0;
        _isSettled = false;
        _settledWindows = 0;
    }
}
