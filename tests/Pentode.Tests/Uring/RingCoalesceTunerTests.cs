using Pentode.Uring.Ring;

namespace Pentode.Tests.Uring;

/// <summary>The rule of waiting, driven by a model of closed-loop clients.</summary>
public sealed class RingCoalesceTunerTests
{
    [Fact]
    public void A_lone_request_is_never_held_back_but_for_rare_looks()
    {
        var tuner = new CoalesceTuner(60);
        var held = Drive(tuner, inFlight: 1, turns: 100_000);
        Assert.Equal(0, tuner.WaitUsec);
        Assert.Equal(1, tuner.Depth);
        Assert.InRange(held, 1, 20);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(32)]
    public void Turns_come_to_take_half_of_what_is_in_flight(int inFlight)
    {
        var tuner = new CoalesceTuner(1000);
        Drive(tuner, inFlight, 20_000);
        Assert.InRange(tuner.Depth, inFlight * 3 / 4, inFlight);
        Assert.InRange(BatchAfter(tuner.WaitUsec, inFlight), inFlight * 3 / 8, inFlight * 5 / 8);
    }

    [Fact]
    public void The_wait_never_exceeds_its_limit()
    {
        var tuner = new CoalesceTuner(20);
        var longest = 0;
        for (var i = 0; i < 10_000; i++)
        {
            tuner.OnTurn(2, tuner.WaitUsec > 0);
            if (tuner.WaitUsec != CoalesceTuner.ProbeUsec)
                longest = Math.Max(longest, tuner.WaitUsec);
        }

        Assert.True(longest <= 20, $"waited {longest}");
    }

    [Fact]
    public void When_the_load_thins_out_the_wait_ends()
    {
        var tuner = new CoalesceTuner(60);
        Drive(tuner, 32, 20_000);
        Assert.True(tuner.WaitUsec > 0);
        Drive(tuner, 1, 200);
        Assert.Equal(0, tuner.WaitUsec);
    }

    [Fact]
    public void It_can_be_switched_off()
    {
        var tuner = new CoalesceTuner(0);
        Assert.Equal(0, Drive(tuner, 64, 10_000));
    }

    // A client that sends one request every 4 µs while it has fewer than inFlight outstanding. Returns how many turns were held back.
    private static int Drive(CoalesceTuner tuner, int inFlight, int turns)
    {
        var held = 0;
        for (var i = 0; i < turns; i++)
        {
            var wait = tuner.WaitUsec;
            held += wait > 0 ? 1 : 0;
            tuner.OnTurn(BatchAfter(wait, inFlight), wait > 0);
        }

        return held;
    }

    private static int BatchAfter(int wait, int inFlight) => Math.Clamp(1 + wait / 4, 1, inFlight);
}
