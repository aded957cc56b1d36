using System.Diagnostics.CodeAnalysis;
using Pentode.Core;

namespace Pentode.Locks.Stores.Etcd;

/// <summary>Answer of one call, or why there is none.</summary>
/// <typeparam name="T">The response message.</typeparam>
/// <param name="Outcome">What is known about its effect.</param>
/// <param name="Value">The response when <see cref="EtcdOutcome.Answered"/>.</param>
/// <param name="Error">None when answered.</param>
/// <param name="Text">For people: member and cause.</param>
internal readonly record struct EtcdReply<T>(EtcdOutcome Outcome, T? Value, Errno Error, string Text)
    where T : class
{
    /// <summary>True when <see cref="Value"/> is there.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsOk => Outcome == EtcdOutcome.Answered;
}
