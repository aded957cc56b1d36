using Pentode.Uring;

namespace Pentode.Tests.Uring;

public sealed class TurnEndTests
{
    [Theory, ClassData(typeof(Engines))]
    public Task Runs_once_however_often_added(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var items = Enumerable.Range(0, 100).Select(_ => new Item()).ToArray();
        for (var round = 0; round < 3; round++)
        {
            foreach (var item in items)
                loop.AtTurnEnd(item);
        }

        Assert.All(items, i => Assert.Equal(0, i.Runs));
        await loop.DelayAsync(1);
        Assert.All(items, i => Assert.Equal(1, i.Runs));
        loop.AtTurnEnd(items[99]);
        await loop.DelayAsync(1);
        Assert.Equal(2, items[99].Runs);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Order_is_that_of_adding(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        var order = new List<int>();
        for (var i = 0; i < 40; i++)
        {
            var number = i;
            loop.AtTurnEnd(new Item(() => order.Add(number)));
        }

        await loop.DelayAsync(1);
        Assert.Equal(Enumerable.Range(0, 40), order);
    });

    [Theory, ClassData(typeof(Engines))]
    public Task Item_that_adds_itself_does_not_hold_the_loop(string engine) => EngineHost.RunAsync(engine, async loop =>
    {
        Item item = null!;
        var isOn = true;
        item = new Item(() =>
        {
            if (isOn)
                loop.AtTurnEnd(item);
        });
        loop.AtTurnEnd(item);
        while (item.Runs < 5)
            Assert.Equal(0, await loop.DelayAsync(1));
        isOn = false;
        await loop.DelayAsync(1);
        var runs = item.Runs;
        await loop.DelayAsync(1);
        Assert.Equal(runs, item.Runs);
    });

    [Theory, ClassData(typeof(Engines))]
    public async Task Nothing_is_left_out_when_the_loop_stops(string engine)
    {
        for (var round = 0; round < 10; round++)
        {
            var loop = EngineHost.Start(engine);
            var last = new Item();
            var middle = new Item(() => loop.AtTurnEnd(last));
            var first = new Item(() => loop.AtTurnEnd(middle));
            loop.Post(_ => loop.AtTurnEnd(first));
            await loop.StopAsync().WaitAsync(EngineHost.Limit);
            Assert.Equal((1, 1, 1), (first.Runs, middle.Runs, last.Runs));
        }
    }

    private sealed class Item(Action? action = null) : ITurnEnd
    {
        public int Runs { get; private set; }

        public void OnTurnEnd()
        {
            Runs++;
            action?.Invoke();
        }
    }
}
