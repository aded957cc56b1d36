using Pentode.Uring.Ring;

namespace Pentode.Tests.Uring;

public sealed class RingCoalesceTunerTests
{
    [Fact]
    public void A_lone_request_never_waits()
    {
        var tuner = new CoalesceTuner(60);
        for (var i = 0; i < 10_000; i++)
        {
            tuner.OnTurn(1);
            Assert.Equal(0, tuner.WaitUsec);
        }
    }

    [Fact]
    public void Growing_batches_raise_the_wait_up_to_the_limit()
    {
        var tuner = new CoalesceTuner(20);
        for (var i = 0; i < 32 * 40; i++)
        {
            tuner.OnTurn(2 + (tuner.WaitUsec / 5));
            Assert.InRange(tuner.WaitUsec, 0, 20);
        }

        Assert.InRange(tuner.WaitUsec, 15, 20);
    }

    [Fact]
    public void A_wait_that_brings_nothing_is_taken_back()
    {
        var tuner = new CoalesceTuner(60);
        for (var i = 0; i < 32 * 12; i++)
            tuner.OnTurn(3);
        Assert.Equal(0, tuner.WaitUsec);
    }

    [Fact]
    public void Falling_back_to_single_requests_ends_the_wait_at_once()
    {
        var tuner = new CoalesceTuner(60);
        for (var i = 0; i < 32 * 3; i++)
            tuner.OnTurn(2 + (tuner.WaitUsec / 5));
        Assert.NotEqual(0, tuner.WaitUsec);
        for (var i = 0; i < 4; i++)
            tuner.OnTurn(1);
        Assert.Equal(0, tuner.WaitUsec);
    }

    [Fact]
    public void Zero_turns_it_off()
    {
        var tuner = new CoalesceTuner(0);
        for (var i = 0; i < 1000; i++)
            tuner.OnTurn(4);
        Assert.Equal(0, tuner.WaitUsec);
    }
}
