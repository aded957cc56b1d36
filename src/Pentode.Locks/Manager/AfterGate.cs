namespace Pentode.Locks.Manager;

/// <summary>What is to be called once the manager's lock has been left: users' code and the store are never called inside it.</summary>
internal sealed class AfterGate
{
    private List<Action>? _actions;

    internal bool HasActions => _actions is not null;

    /// <summary>Calls later, in order.</summary>
    internal void Add(Action action) => (_actions ??= []).Add(action);

    /// <summary>Runs a lock's engine later, unless it is running.</summary>
    internal void Run(LockResource resource)
    {
        if (resource.TryStart())
            Add(resource.Start);
    }

    /// <summary>Calls everything. Outside the manager's lock.</summary>
    internal void Run()
    {
        if (_actions is not { } actions)
            return;
        _actions = null;
        foreach (var action in actions)
            action();
    }
}
