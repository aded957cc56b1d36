using Pentode.Core;
using Pentode.Linux;
using Pentode.Uring;

namespace Pentode.Tests.Uring;

public sealed class AcceptTests
{
    [Theory, ClassData(typeof(Engines))]
    public Task Hundreds_of_connections_arrive_and_the_listener_is_used_again(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var address = Sockets.TcpAddress("127.0.0.1", Sockets.LocalPort(listener));
        for (var round = 0; round < 3; round++)
        {
            var log = new AcceptLog();
            loop.Accept(listener, log);
            Assert.Throws<InvalidOperationException>(() => loop.Accept(listener, log));
            var clients = new List<int>();
            var connects = new List<Outcome>();
            for (var i = 0; i < 100; i++)
            {
                var client = Sockets.CreateTcp().Value;
                clients.Add(client);
                var connecting = new Outcome();
                connects.Add(connecting);
                loop.Connect(client, address, connecting);
            }

            await log.CountAsync(100);
            foreach (var connect in connects)
                Assert.Equal(0, await connect.Task);
            Assert.Equal(100, log.Sockets.Distinct().Count());
            loop.StopAccepting(listener);
            loop.StopAccepting(listener);
            Assert.Equal(0, await log.Ended.Task);
            log.CloseAll();
            clients.ForEach(loop.Close);
        }

        loop.StopAccepting(listener);
        loop.Close(listener);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Errors_no_retry_cures_end_it(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var gone = new AcceptLog();
        loop.Accept(1 << 20, gone);
        Assert.Equal(-(int)Errno.EBADF, await gone.Ended.Task);
        var idle = Sockets.CreateTcp().Value;
        var deaf = new AcceptLog();
        loop.Accept(idle, deaf);
        Assert.Equal(-(int)Errno.EINVAL, await deaf.Ended.Task);
        loop.Close(idle);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Connections_that_were_reset_before_the_accept_do_no_harm(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        var address = Sockets.TcpAddress("127.0.0.1", Sockets.LocalPort(listener));
        for (var i = 0; i < 10; i++)
        {
            var client = Sockets.CreateTcp().Value;
            Assert.Equal(0, await loop.ConnectAsync(client, address));
            Sockets.SetResetOnClose(client);
            loop.Close(client);
        }

        var log = new AcceptLog();
        loop.Accept(listener, log);
        await log.CountAsync(10);
        foreach (var socket in log.Sockets)
            Assert.Equal(-(int)Errno.ECONNRESET, await loop.ReceiveAsync(socket, EngineHost.Pinned(1)));
        var good = Sockets.CreateTcp().Value;
        Assert.Equal(0, await loop.ConnectAsync(good, address));
        await log.CountAsync(11);
        Assert.Equal(1, await loop.SendAsync(good, EngineHost.Pinned(1)));
        Assert.Equal(1, await loop.ReceiveAsync(log.Sockets[10], EngineHost.Pinned(1)));
        loop.StopAccepting(listener);
        Assert.Equal(0, await log.Ended.Task);
        log.CloseAll();
        loop.Close(good);
        loop.Close(listener);
    });
}
