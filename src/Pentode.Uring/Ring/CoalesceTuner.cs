namespace Pentode.Uring.Ring;

/// <summary>
/// Decides how long a turn holds back its receives so that more requests arrive before they are read: one wake-up, one receive and one
/// send for many requests is what makes a busy server cheap.
/// <para>
/// The rule: clients that keep D requests in flight lose nothing while at most half of them wait at the server, because they are busy with
/// the other half. So D is measured by one longer wait now and then (everything in flight piles up), half of it is the batch to aim
/// for, and the wait creeps up or down until turns take that many. With one request in flight, D is 1 and the wait stays 0.
/// </para>
/// </summary>
internal sealed class CoalesceTuner
{
    /// <summary>The longest wait, used to measure how much is in flight.</summary>
    public const int ProbeUsec = 300;

    private const int MaxTarget = 32;
    private const int WindowTurns = 8;
    private const int FirstProbeAfter = 64;
    private const int ProbeEvery = 4096;
    private const int MaxProbeEvery = 65536;
    private const int StepQuarterUsec = 4;

    private readonly int _maxUsec;
    private int _quarterUsec;
    private int _turns;
    private int _requests;
    private int _sinceProbe;
    private int _probeAfter = FirstProbeAfter;
    private int _depth = 1;
    private bool _isProbe;

    public CoalesceTuner(int maxUsec)
    {
        _maxUsec = Math.Max(0, maxUsec);
    }

    /// <summary>Microseconds to hold receives back in the coming turn; 0 for none.</summary>
    public int WaitUsec => _isProbe ? ProbeUsec : _quarterUsec / 4;

    /// <summary>Requests a turn should take.</summary>
    public int Target => Math.Min(_depth / 2, MaxTarget);

    /// <summary>Requests in flight as last measured.</summary>
    public int Depth => _depth;

    /// <summary>
    /// Tells of a turn that took <paramref name="requests"/> from what arrived (at least 1); <paramref name="wasHeld"/> when its receives
    /// had been held back for <see cref="WaitUsec"/>.
    /// </summary>
    public void OnTurn(int requests, bool wasHeld)
    {
        if (_maxUsec == 0)
            return;
        if (_isProbe)
        {
            // A turn that was not held back says nothing about what is in flight.
            if (wasHeld)
                EndProbe(requests);
            return;
        }

        _sinceProbe += requests;
        if (_sinceProbe >= _probeAfter)
        {
            _isProbe = true;
            return;
        }

        _turns++;
        _requests += requests;
        if (_turns < WindowTurns)
            return;
        Adjust();
        _turns = 0;
        _requests = 0;
    }

    private void EndProbe(int requests)
    {
        _isProbe = false;
        _sinceProbe = 0;
        // Where nothing piles up, looking again soon would only cost latency.
        _probeAfter = requests > 1 ? ProbeEvery : Math.Min(Math.Max(_probeAfter * 2, ProbeEvery), MaxProbeEvery);
        _depth = requests > _depth ? requests : (_depth + requests) / 2;
        if (Target <= 1)
            _quarterUsec = 0;
    }

    private void Adjust()
    {
        var target = Target * WindowTurns;
        if (_requests == WindowTurns && _quarterUsec >= _maxUsec * 4)
        {
            // Nobody came although we waited as long as we may (a short wait says nothing: it is how every climb begins): the load is gone. Look again soon.
            _depth = 1;
            _quarterUsec = 0;
            _probeAfter = _sinceProbe + FirstProbeAfter;
        }

        if (Target <= 1)
            _quarterUsec = 0;
        else if (_requests * 10 < target * 9)
            _quarterUsec = Math.Min(_quarterUsec + StepQuarterUsec, _maxUsec * 4);
        else if (_requests * 10 > target * 11)
            _quarterUsec = Math.Max(_quarterUsec - StepQuarterUsec, 0);
    }
}
