namespace Pentode.Testing.Locks.Simulation;

/// <summary>A program on a simulated node.</summary>
internal interface ISimulatedUser
{
    /// <summary>It has done all it wanted, or its machine was killed.</summary>
    bool IsDone { get; }

    /// <summary>Since when it waits, or null.</summary>
    long? WaitingSinceUs { get; }

    /// <summary>What it does, for people.</summary>
    string Words { get; }

    void Start();

    /// <summary>The machine was killed.</summary>
    void OnKilled();
}
