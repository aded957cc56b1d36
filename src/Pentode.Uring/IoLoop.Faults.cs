namespace Pentode.Uring;

/// <content>
/// What happens when a callback throws, on every engine: the exception goes to <see cref="LoopOptions.Fault"/>, the owner of the callback
/// ends itself (<see cref="IFaultOwner"/>), and the loop goes on. Without a handler the process ends, since an exception nobody hears of
/// would leave a connection hanging without a trace.
/// </content>
public abstract partial class IoLoop
{
    /// <summary>Reports an exception that a callback let through. Any thread; <paramref name="owner"/> is told only on the loop thread.</summary>
    private protected void OnFault(Exception error, object? owner)
    {
        Report(error);
        if (!IsCurrent || owner is not IFaultOwner fault)
            return;
#pragma warning disable CA1031 // the boundary of foreign code
        try
        {
            fault.OnFault(error);
        }
        catch (Exception second)
        {
            Report(second);
        }
#pragma warning restore CA1031
    }

    /// <summary>Hands a result to its completion.</summary>
    private protected void Deliver(IoCompletion completion, int result)
    {
        completion.Ticket = 0;
#pragma warning disable CA1031 // the boundary of foreign code
        try
        {
            completion.Complete(result);
        }
        catch (Exception error)
        {
            OnFault(error, completion);
        }
#pragma warning restore CA1031
    }

    /// <summary>Runs a posted callback.</summary>
    private protected void Invoke(Action<object?> callback, object? state)
    {
#pragma warning disable CA1031 // the boundary of foreign code
        try
        {
            callback(state);
        }
        catch (Exception error)
        {
            OnFault(error, state);
        }
#pragma warning restore CA1031
    }

    /// <summary>Gives a connection to its sink.</summary>
    private protected void Accepted(IAcceptSink sink, int socket)
    {
#pragma warning disable CA1031 // the boundary of foreign code
        try
        {
            sink.OnAccepted(socket);
        }
        catch (Exception error)
        {
            OnFault(error, sink);
        }
#pragma warning restore CA1031
    }

    /// <summary>Tells a sink that accepting ended.</summary>
    private protected void AcceptEnded(IAcceptSink sink, int result)
    {
#pragma warning disable CA1031 // the boundary of foreign code
        try
        {
            sink.OnAcceptEnded(result);
        }
        catch (Exception error)
        {
            OnFault(error, sink);
        }
#pragma warning restore CA1031
    }

    /// <summary>Runs what was put off to the end of the turn.</summary>
    private protected void RunTurnEnds(TurnEndQueue queue)
    {
        foreach (var item in queue.Take())
        {
#pragma warning disable CA1031 // the boundary of foreign code
            try
            {
                item.OnTurnEnd();
            }
            catch (Exception error)
            {
                OnFault(error, item);
            }
#pragma warning restore CA1031
        }
    }

    private void Report(Exception error)
    {
        if (Options.Fault is not { } report)
        {
            Environment.FailFast($"a callback on loop '{Options.Name}' threw and nobody handles faults", error);
            return;
        }

#pragma warning disable CA1031 // whoever reports must not end the loop either
        try
        {
            report(error);
        }
        catch (Exception)
        {
        }
#pragma warning restore CA1031
    }
}
