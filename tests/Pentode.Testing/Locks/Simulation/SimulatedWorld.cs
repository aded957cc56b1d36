namespace Pentode.Testing.Locks.Simulation;

/// <summary>Virtual time and everything that is going to happen in it, in one thread, decided by one seed.</summary>
public sealed class SimulatedWorld
{
    private readonly PriorityQueue<Action, (long Due, long Order)> _events = new();
    private long _order;

    /// <summary>A world of a seed.</summary>
    public SimulatedWorld(int seed)
    {
        Random = new Random(seed);
    }

    /// <summary>Microseconds since the beginning.</summary>
    public long NowUs { get; private set; }

    /// <summary>Decides everything.</summary>
    public Random Random { get; }

    /// <summary>Events that have happened.</summary>
    public long Events { get; private set; }

    /// <summary>True with a probability.</summary>
    public bool Chance(double probability) => Random.NextDouble() < probability;

    /// <summary>Uniform between two bounds, in microseconds.</summary>
    public long Between(long fromUs, long toUs) => Random.NextInt64(fromUs, toUs + 1);

    /// <summary>Lets something happen.</summary>
    public void At(long dueUs, Action action) => _events.Enqueue(action, (Math.Max(dueUs, NowUs), _order++));

    /// <summary>Lets something happen after a delay.</summary>
    public void After(long delayUs, Action action) => At(NowUs + delayUs, action);

    /// <summary>Runs until nothing is left to happen, a moment is reached or the condition holds.</summary>
    public void Run(long untilUs, Func<bool> isDone)
    {
        while (_events.TryPeek(out _, out var next) && next.Due <= untilUs && !isDone())
        {
            var action = _events.Dequeue();
            NowUs = next.Due;
            Events++;
            action();
        }
    }
}
