// Short complete texts that show what the language of the equations can do, one thing each.

export interface Example {
  name: string;
  /** What it is, in a sentence. */
  sentence: string;
  text: string;
}

export const EXAMPLES: Example[] = [
  {
    name: 'A flow',
    sentence: 'Rates of change, parameters and where the state starts: predators and their prey.',
    text: `# a line for each rate of change
prey'=a*prey-b*prey*predator
predator'=c*prey*predator-d*predator
# parameters get a slider each
par a=1, b=0.5, c=0.3, d=0.8
init prey=4, predator=1
@ total=60, dt=0.02
done
`,
  },
  {
    name: 'A discrete map',
    sentence: 'With meth=discrete a prime means the next value: the map of Hénon.',
    text: `# the next x and y, from the present ones
x'=1+y-a*x^2
y'=b*x
par a=1.4, b=0.3
init x=0.1, y=0.1
@ meth=discrete, total=2000
done
`,
  },
  {
    name: 'Functions and quantities',
    sentence: 'Names for what is used more than once: two populations that excite and inhibit each other.',
    text: `# a function of one's own, and two fixed quantities
f(s)=1/(1+exp(-s))
drive=a*u-b*v+p
brake=c*u-d*v
u'=-u+f(drive)
v'=(-v+f(brake))/tau
# written out beside the variables
aux sum=u+v
par a=12, b=10, c=10, d=2, p=-1, tau=2
init u=0.2, v=0.1
@ total=100, dt=0.05
done
`,
  },
  {
    name: 'Forcing in time',
    sentence: 'Time is called t: a pendulum that is pushed to and fro.',
    text: `angle'=speed
speed'=-sin(angle)-damping*speed+push*cos(omega*t)
par damping=0.5, push=1.15, omega=0.6667
init angle=0.2, speed=0
@ total=400, dt=0.05
done
`,
  },
  {
    name: 'A ring of cells',
    sentence: 'An array of equations, with neighbours by [j-1] and [j+1]: waves in excitable cells.',
    text: `# thirty-two cells; those before the first and behind the last are named too, which closes the ring
u0=u32
u33=u1
u[1..32]'=u[j]*(1-u[j])*(u[j]-a)-w[j]+d*(u[j-1]-2*u[j]+u[j+1])
w[1..32]'=e*(u[j]-g*w[j])
par a=0.1, e=0.01, g=0.5, d=0.3
init u[1..4]=1
init w[28..32]=0.2
@ total=600, dt=0.1
done
`,
  },
  {
    name: 'A sum over all',
    sentence: 'sum and shift run through an array: oscillators that fall into step.',
    text: `# i' counts from 1 to 16; shift(x1,k) is the name k places after x1
cx=sum(0,15)of(cos(shift(x1,i')))/16
sx=sum(0,15)of(sin(shift(x1,i')))/16
x[1..16]'=0.1*([j]-8.5)+k*(sx*cos(x[j])-cx*sin(x[j]))
aux order=sqrt(cx^2+sx^2)
par k=1.2
init x[1..16]=0.4*[j]
@ total=80, dt=0.02
done
`,
  },
  {
    name: 'An event',
    sentence: 'global changes the state at the moment that an expression crosses zero: a neuron with a reset.',
    text: `# when v-30 goes upwards through zero, v and u are set
v'=0.04*v^2+5*v+140-u+current
u'=a*(b*v-u)
global 1 v-30 {v=c;u=u+d}
par a=0.02, b=0.2, c=-65, d=8, current=10
init v=-70, u=-14
@ total=300, dt=0.05
done
`,
  },
  {
    name: 'A delay',
    sentence: 'delay(x,tau) is x as it was a time tau ago: blood cells that are made too late.',
    text: `x'=b*past/(1+past^n)-g*x
past=delay(x,tau)
par b=0.2, g=0.1, n=10, tau=17
init x=0.9
# x before the start
x(0)=0.9
@ total=800, dt=0.1
done
`,
  },
  {
    name: 'Noise',
    sentence: 'wiener names a white noise: a ball that is shaken from one valley to the other.',
    text: `wiener w
x'=x-x^3+s*w
par s=0.5
init x=1
@ total=400, dt=0.02, meth=euler
done
`,
  },
  {
    name: 'A table',
    sentence: 'A function as a table of values, here filled from a formula: a diode in a loop.',
    text: `# 101 points from -4 to 4; a file with values does as well: drop it together with the .ode file
table f % 101 -4 4 (t^3)/3-t
v'=w-f(v)
w'=-e*v
par e=0.5
init v=0.5, w=0
@ total=100, dt=0.02
done
`,
  },
  {
    name: 'A convolution',
    sentence: 'special sums over the neighbours with weights from a table: activity that finds its places.',
    text: `# weights at the distances from -8 to 8: near ones excite, far ones inhibit
table weight % 17 -8 8 1.2*exp(-(t/2)^2)-0.45*exp(-(t/5)^2)
f[0..39]=1/(1+exp(-8*(u[j]-threshold)))
special k=conv(periodic,40,8,weight,f0)
u[0..39]'=-u[j]+k([j])+0.3*exp(-(([j]-20)/4)^2)
par threshold=0.25
init u[0..39]=0.1
@ total=40, dt=0.05
done
`,
  },
  {
    name: 'Sets of values',
    sentence: 'set gives values a name; each becomes a preset: an oscillator that is asleep or awake.',
    text: `v'=v-v^3/3-w+current
w'=e*(v+a-b*w)
par current=0, a=0.7, b=0.8, e=0.08
init v=-1.2, w=-0.6
set rest {current=0}
set spikes {current=0.5}
set blocked {current=1.6, v=1, w=1}
@ total=200, dt=0.05
done
`,
  },
];
