using Pentode.Core;
using Pentode.Rings.Client;
using Pentode.Rings.Wire;
using Pentode.Tests.Uring;
using static Pentode.Tests.Rings.Client.FakeRingsServer;

namespace Pentode.Tests.Rings.Client;

/// <summary>Many operations at once: credits, refusals, order, cancellation, memory.</summary>
public sealed class ClientCreditTests
{
    private const int Eagain = 11;

    [Theory, ClassData(typeof(Engines))]
    public Task Operations_under_way_are_as_many_as_the_ring_has_credits_and_end_in_any_order(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        await s.Receive(3 * 16);

        // The fourth waits for a credit.
        await s.Send(Submit(1), Submit(2));
        Assert.Equal(0, s.Socket.Available);
        await s.Send(Submit(3), End(3, RingsKind.Nop), End(1, RingsKind.Nop));
        await s.Receive(16);
        await s.Send(Submit(4), End(4, RingsKind.Nop), End(2, RingsKind.Nop));
        await s.UntilClosed();
    }, async client =>
    {
        var order = new List<int>();
        await Task.WhenAll(Enumerable.Range(1, 4).Select(One));
        Assert.Equal([3, 1, 4, 2], order);
        Assert.Equal(0, client.InFlight);

        async Task One(int number)
        {
            Assert.True((await client.Nop()).IsOk);
            order.Add(number);
        }
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Refused_operations_are_sent_again_oldest_first(string engine)
    {
        var order = new List<byte>();
        return RingsClientFixture.RunAsync(engine, async s =>
        {
            await s.Open();
            var resources = new Queue<byte>();
            ulong task = 0;

            // Of three sent at once the server takes none at first, then one at a time.
            await s.Receive(3 * 24);
            await s.Send(Refuse(Eagain), Refuse(Eagain), Refuse(Eagain));
            while (order.Count < 5)
            {
                order.Add((await s.Receive(24))[16]);
                await s.Send(Submit(++task), End(task, RingsKind.Close));
            }

            await s.UntilClosed();
        }, async client =>
        {
            var all = Enumerable.Range(1, 5).Select(i => client.Close((uint)i).AsTask()).ToArray();
            Assert.All(await Task.WhenAll(all), r => Assert.True(r.IsOk));
            Assert.Equal([1, 2, 3, 4, 5], order);
            Assert.Equal(3, client.Refusals);
        });
    }

    [Theory, ClassData(typeof(Engines))]
    public Task An_operation_that_never_gets_a_credit_ends(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        while (true)
        {
            await s.Receive(16);
            await s.Send(Refuse(Eagain));
        }
    }, async client => Assert.Equal(Errno.EAGAIN, (await client.Nop()).Error), new RingsClientOptions { AdmissionTimeoutMs = 20 });

    [Theory, ClassData(typeof(Engines))]
    public Task Other_refusals_are_the_callers(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        await s.Receive(24);
        await s.Send(Refuse(2, 3));
        await s.Receive(30);
        await s.Send(Refuse(Eagain, 3));
        await s.UntilClosed();
    }, async client =>
    {
        Assert.Equal(Errno.ENOENT, (await client.Read(true, 77, new byte[4])).Error);

        // Credits are left: it is the descriptor slots that are used up.
        Assert.Equal(Errno.EAGAIN, (await client.OpenAt("x", 0)).Error);
        Assert.Equal(0, client.InFlight);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task A_cancel_finds_its_task_wherever_it_is(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open(entries: 2);

        // Cancelled before its id is known: the CANCEL follows the reply.
        await s.Receive(24);
        await Task.Delay(20);
        await s.Send(Submit(5));
        Assert.Equal("0300000000000000 0500000000000000".Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString((await s.Receive(24)).AsSpan(8)));
        await s.Send(Submit(6), End(5, RingsKind.Timeout, -125), End(6, RingsKind.Cancel));

        // Cancelled while it runs.
        await s.Receive(24);
        await s.Send(Submit(7));
        Assert.Equal(7, (await s.Receive(24))[16]);
        await s.Send(Submit(8), End(8, RingsKind.Cancel), End(7, RingsKind.Timeout, -125));
        await s.UntilClosed();
    }, async client =>
    {
        var (early, waiting, late) = (new RingsTicket(), new RingsTicket(), new RingsTicket());
        var first = client.Timeout(1, RingsPriority.Normal, early);
        var second = client.Timeout(1, RingsPriority.Normal, waiting);
        Assert.Equal(Errno.EINVAL, (await client.Nop(RingsPriority.Normal, early)).Error);
        await client.Loop.DelayAsync(1);

        // The ring has one credit: the second is still here and ends without the server.
        Assert.Equal(0, (await client.Cancel(waiting)).Value);
        Assert.Equal(Errno.ECANCELED, (await second).Error);
        Assert.Equal(Errno.ENOENT, (await client.Cancel(waiting)).Error);
        var cancel = client.Cancel(early);
        Assert.Equal(Errno.ECANCELED, (await first).Error);
        Assert.Equal(0, (await cancel).Value);

        var third = client.Timeout(1, RingsPriority.Normal, late);
        while (late.TaskId == 0)
            await client.Loop.DelayAsync(1);
        Assert.Equal(0, (await client.Cancel(late)).Value);
        Assert.Equal(Errno.ECANCELED, (await third).Error);
        Assert.False(late.IsUnderWay);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Closing_ends_what_waits_and_what_runs(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open(entries: 2);
        await s.Receive(24);
        await s.Send(Submit(1));
        await s.UntilClosed();
    }, async client =>
    {
        var ticket = new RingsTicket();
        var running = client.Timeout(1, RingsPriority.Normal, ticket);
        var waiting = client.Nop();
        while (ticket.TaskId == 0)
            await client.Loop.DelayAsync(1);
        var closing = client.DisposeAsync();
        Assert.Equal(Errno.ESHUTDOWN, (await running).Error);
        Assert.Equal(Errno.ESHUTDOWN, (await waiting).Error);
        await closing;
        Assert.Equal(Errno.ESHUTDOWN, (await client.Nop()).Error);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Too_many_waiting_are_refused_here(string engine) => RingsClientFixture.RunAsync(engine, async s =>
    {
        await s.Open();
        await s.UntilClosed();
    }, async client =>
    {
        var (first, second) = (client.Nop(), client.Nop());
        Assert.Equal(Errno.EAGAIN, (await client.Nop()).Error);
        await client.DisposeAsync();
        Assert.Equal(Errno.ESHUTDOWN, (await first).Error);
        Assert.Equal(Errno.ESHUTDOWN, (await second).Error);
    }, new RingsClientOptions { MaxWaiting = 2 });

    [Theory, ClassData(typeof(Engines))]
    public Task An_operation_allocates_nothing(string engine)
    {
        const int Warm = 500, Rounds = 4000;
        const long Slack = 4000;
        return RingsClientFixture.RunAsync(engine, async s =>
        {
            await s.Open();
            for (ulong task = 1; ; task += 2)
            {
                await s.Receive(24 + 28);
                await s.Send(Submit(task), Submit(task + 1), End(task, RingsKind.FileRead, 4, new byte[4]), End(task + 1, RingsKind.FileWrite, 4));
            }
        }, async client =>
        {
            var (source, target) = (new byte[4], new byte[4]);
            var before = 0L;
            for (var i = 0; i < Warm + Rounds; i++)
            {
                if (i == Warm)
                    before = GC.GetAllocatedBytesForCurrentThread();
                var read = client.Read(false, 1, target);
                var written = client.Write(false, 2, source);
                if (!(await read).IsOk || !(await written).IsOk)
                    Assert.Fail($"{client.Problem}");
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Slack);
        });
    }
}
